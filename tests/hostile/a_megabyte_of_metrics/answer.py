from course.service import app as service_app

BOMB = b"".join(b"a%d 1\n" % number for number in range(100_000))
service_app.generate_latest = lambda registry: BOMB
