# Ask callers to leave (Connection: close, GOAWAY) while new ones are still served; then give them the time.
# The image has bash and no HTTP client, hence /dev/tcp.
exec 3<>/dev/tcp/127.0.0.1/9901
printf 'POST /drain_listeners?graceful&skip_exit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n' >&3
cat <&3
sleep 20
