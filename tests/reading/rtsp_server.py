"""A real RTSP server for the tests of streams, run with the system's Python (GStreamer).

Usage: rtsp_server.py PORT USER PASSWORD [FILE]. Prints the port it listens on (0 = any free one).
/live is a red picture that never ends; /file is FILE (MP4 with H.264), which ends.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - versions first

LIVE = (
    "( videotestsrc is-live=true pattern=red"
    " ! video/x-raw,format=I420,width=160,height=120,framerate=25/1"
    " ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
)
FILE = '( filesrc location="{}" ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1 )'


def main(port: str, user: str, password: str, path: str = "") -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "reader")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    mounts = server.get_mount_points()
    for place, pipeline in (("/live", LIVE), ("/file", FILE.format(path))):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(pipeline)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("reader", "media.factory.access", True)  # noqa: FBT003
        permissions.add_permission_for_role("reader", "media.factory.construct", True)  # noqa: FBT003
        factory.set_permissions(permissions)
        mounts.add_factory(place, factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


main(*sys.argv[1:])
