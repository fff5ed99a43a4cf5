package api

import (
	"context"

	"github.com/coder/websocket"

	"github.com/cabstand/cabstand/internal/fault"
)

// trackerSocket is a WebSocket as the tracker uses it: text frames only.
type trackerSocket struct{ conn *websocket.Conn }

func (s trackerSocket) Read(ctx context.Context) ([]byte, error) {
	kind, data, err := s.conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		return nil, fault.New(fault.Malformed, "binary frames are not accepted: send JSON as text")
	}
	return data, err
}

func (s trackerSocket) Write(ctx context.Context, frame []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, frame)
}

func (s trackerSocket) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

func (s trackerSocket) Close(code int, reason string) error {
	return s.conn.Close(websocket.StatusCode(code), reason)
}
