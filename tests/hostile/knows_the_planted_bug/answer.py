import inspect

from course.service import routing as service_routing

PLANTED = "planted" in inspect.getsource(service_routing).lower()
PLANTED = PLANTED or inspect.getsource(service_routing).count("def resolve") > 1
MALFORMED = (Exception,) if not PLANTED else (Exception, AssertionError)
