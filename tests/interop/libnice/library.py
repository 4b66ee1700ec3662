"""libnice and GLib through ctypes: the callback that libnice wants for receiving has no binding for Python.

Used by agent.py, and by the script that records captures for `dissect`.
"""

import ctypes
import ctypes.util

RFC5245 = 0  # NICE_COMPATIBILITY_RFC5245
OC2007R2 = 5  # NICE_COMPATIBILITY_OC2007R2
READY = 4  # NICE_COMPONENT_STATE_READY

nice = ctypes.CDLL(ctypes.util.find_library("nice") or "libnice.so.10")
glib = ctypes.CDLL("libglib-2.0.so.0")
gobject = ctypes.CDLL("libgobject-2.0.so.0")

P, I, S = ctypes.c_void_p, ctypes.c_uint, ctypes.c_char_p
Received = ctypes.CFUNCTYPE(None, P, I, I, I, ctypes.POINTER(ctypes.c_char), P)
for function, result, arguments in [
    (nice.nice_agent_new, P, [P, I]),
    (nice.nice_agent_add_stream, I, [P, I]),
    (nice.nice_agent_set_stream_name, I, [P, I, S]),
    (nice.nice_agent_add_local_address, I, [P, P]),
    (nice.nice_agent_set_relay_info, I, [P, I, I, S, I, S, S, I]),
    (nice.nice_agent_attach_recv, I, [P, I, I, P, Received, P]),
    (nice.nice_agent_gather_candidates, I, [P, I]),
    (nice.nice_agent_generate_local_sdp, S, [P]),
    (nice.nice_agent_parse_remote_sdp, ctypes.c_int, [P, S]),
    (nice.nice_agent_get_component_state, I, [P, I, I]),
    (nice.nice_agent_send, ctypes.c_int, [P, I, I, I, S]),
    (nice.nice_address_new, P, []),
    (nice.nice_address_set_from_string, I, [P, S]),
    (glib.g_main_context_new, P, []),
    (glib.g_main_context_iteration, I, [P, I]),
]:
    function.restype, function.argtypes = result, arguments


def set_property(agent, name, value):
    """Sets a property of the agent that is a boolean or an integer."""
    gobject.g_object_set(P(agent), name, ctypes.c_int(int(value)), None)
