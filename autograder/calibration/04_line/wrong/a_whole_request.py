# fails: test_the_reproducer_fails_alike test_the_reproducer_is_minimal
# feedback: a header: text of one line
# %% reproducer
def reproducer():
    return 'GET /orders HTTP/1.1\r\nX-Route: {"region":0}\r\n\r\n'
