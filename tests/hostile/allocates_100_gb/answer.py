hoard = bytearray(100 << 30)
