package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
	"github.com/coder/websocket"
)

// phone connects a cabbie to the engine: it registers the driver, keeps a
// session open and starts a new one whenever it breaks.
type phone struct {
	cabbie    *cabbie
	client    *client
	ledger    *ledger
	enrol     func(ctx context.Context, id string) error // see [Config.Enrol]
	now       func() time.Time
	protocols []string // to ask for

	stranger Stranger // nil: nobody rides but the run's own riders
	met      string   // the trip whose rider is a stranger who said the PIN

	unheard unheard
	again   bool // what is unheard is to be sent again, once the status is

	// unanswered is when a position was sent after which nothing was heard. Zero:
	// there is none.
	unanswered time.Time
}

// incoming is how many frames of the engine may wait for the driver; more of
// them wait in the connection.
const incoming = 16

// silence is how long the engine may say nothing after a position was sent,
// before the phone asks whether anybody is there: acks wait for parts that may be
// away for long.
const silence = 45 * time.Second

// run drives until ctx ends. It fails only where the engine refuses the driver.
func (p *phone) run(ctx context.Context) error {
	if err := p.register(ctx); err != nil {
		return err
	}
	b := backoff{first: 500 * time.Millisecond, most: 15 * time.Second}
	for ctx.Err() == nil {
		begun, err := p.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.ledger.phoneClosed(p.cabbie.id, err)
		if begun {
			b.reset()
		}
		sleep(ctx, b.next())
	}
	return nil
}

func (p *phone) register(ctx context.Context) error {
	id := p.cabbie.id
	enrol := p.enrol
	if enrol == nil {
		enrol = p.enrolAsOperator
	}
	if err := enrol(ctx, id); err != nil && ctx.Err() == nil {
		return fmt.Errorf("register driver %s: %w", id, err)
	}
	return nil
}

func (p *phone) enrolAsOperator(ctx context.Context, id string) error {
	body := map[string]any{"id": id, "name": "Driver " + id, "class": "standard", "seats": 4}
	return p.client.do(ctx, call{
		role: "operator", sub: "simulator", method: http.MethodPost, path: "/v1/drivers",
		body: body, patience: 24 * time.Hour,
	}, nil)
}

// session is one connection from beginning to end. begun reports whether the
// engine said hello.
func (p *phone) session(ctx context.Context) (begun bool, err error) {
	conn, err := p.client.dial(ctx, p.client.tracker, "/v1/driver/stream", "driver", p.cabbie.id, p.protocols...)
	if err != nil {
		return false, err
	}
	defer conn.CloseNow()
	p.ledger.phoneOpened()
	defer p.ledger.phoneGone(p.cabbie.id)

	frames := make(chan []byte, incoming)
	// Reading outlasts ctx: a read that is cut off would cut off the goodbye.
	readCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var readErr error
	go func() {
		defer close(frames)
		readErr = pump(readCtx, conn, frames)
	}()
	begun, err = p.talk(ctx, conn, frames)
	stop()
	conn.CloseNow()
	for range frames { // until the reader is gone
	}
	return begun, errors.Join(err, readErr)
}

// pump hands on what the engine sends until the connection ends.
func pump(ctx context.Context, conn *websocket.Conn, frames chan<- []byte) error {
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		select {
		case frames <- data:
		case <-ctx.Done():
			return nil
		}
	}
}

// talk lets the cabbie hear and act until the connection or ctx ends.
func (p *phone) talk(ctx context.Context, conn *websocket.Conn, frames <-chan []byte) (begun bool, err error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	p.unanswered = time.Time{}
	for {
		wait := 15 * time.Second // for hello
		if begun {
			wait = p.cabbie.due().Sub(p.now())
		}
		timer.Reset(max(0, wait))
		select {
		case <-ctx.Done():
			return begun, p.leave(ctx, conn)
		case data, ok := <-frames:
			if !ok {
				return begun, nil
			}
			p.unanswered = time.Time{}
			if p.hear(data) {
				begun = true
			}
			p.meet(ctx)
		case <-timer.C:
			if !begun {
				return false, errors.New("no hello")
			}
			if err := p.sound(ctx, conn); err != nil {
				return true, err
			}
		}
		if begun {
			if err := p.act(ctx, conn); err != nil {
				return begun, err
			}
		}
	}
}

// sound asks an engine that has been silent for long whether it is there.
func (p *phone) sound(ctx context.Context, conn *websocket.Conn) error {
	if p.unanswered.IsZero() || p.now().Sub(p.unanswered) <= silence {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := conn.Ping(ctx); err != nil {
		return fmt.Errorf("the engine fell silent: %w", err)
	}
	p.unanswered = time.Time{}
	return nil
}

// hear hands a frame to the cabbie and notes it, and reports whether it was the
// session's hello.
func (p *phone) hear(data []byte) (hello bool) {
	now := p.now()
	h, err := parse(data)
	if err != nil {
		p.ledger.garbled(err)
		return false
	}
	p.ledger.heard(p.cabbie.id, h, now)
	switch h.Type {
	case wire.FrameHello:
		p.unheard.acknowledged(h.Seq)
		p.again = true
		p.cabbie.hello(now)
		return true
	case wire.FrameAck:
		p.unheard.acknowledged(h.Seq)
	case wire.FrameRejected:
		p.unheard.rejected(h.Seq)
	}
	p.cabbie.hear(h, now)
	return false
}

// meet lets a rider who is none of the run's say the PIN to the driver who stands
// at the pickup. What was said is forgotten when the trip is over.
func (p *phone) meet(ctx context.Context) {
	t := p.cabbie.trip
	if p.met != "" && (t == nil || t.ID != p.met) {
		p.cabbie.pins.forget(p.met)
		p.met = ""
	}
	if p.stranger == nil || t == nil || t.State != trip.Arrived || !t.PINRequired || p.cabbie.pins.of(t.ID) != "" {
		return
	}
	if pin := p.stranger(ctx, t.ID); pin != "" {
		p.cabbie.pins.tell(t.ID, pin)
		p.met = t.ID
	}
}

// act sends what the cabbie has to say.
func (p *phone) act(ctx context.Context, conn *websocket.Conn) error {
	now := p.now()
	if p.cabbie.due().After(now) {
		return nil
	}
	for _, frame := range p.cabbie.act(now) {
		p.ledger.said(p.cabbie.id, frame, now)
		if f, position := frame.(positionFrame); position {
			p.unheard.keep(f)
			if p.unanswered.IsZero() {
				p.unanswered = now
			}
		}
		if err := p.send(ctx, conn, frame); err != nil {
			return err
		}
	}
	return nil
}

// send sends a frame, and after the first status of a session what the engine did
// not acknowledge in the last.
func (p *phone) send(ctx context.Context, conn *websocket.Conn, frame any) error {
	if err := send(ctx, conn, frame); err != nil {
		return err
	}
	if _, status := frame.(statusFrame); !status || !p.again {
		return nil
	}
	p.again = false
	for _, batch := range p.unheard.batches() {
		if err := send(ctx, conn, batch); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, conn *websocket.Conn, frame any) error {
	kind, data, err := encode(frame, conn.Subprotocol() == wire.SubprotocolBinary)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return conn.Write(ctx, kind, data)
}

// encode is the frame as a message: JSON, but for positions where the engine
// takes them in binary.
func encode(frame any, binary bool) (websocket.MessageType, []byte, error) {
	if f, ok := frame.(positionFrame); ok && binary {
		data, err := wire.AppendBinaryFrame(nil, []driver.Position{f.fix()})
		return websocket.MessageBinary, data, err
	}
	data, err := json.Marshal(frame)
	return websocket.MessageText, data, err
}

// leave says goodbye at the end of the run.
func (p *phone) leave(ctx context.Context, conn *websocket.Conn) error {
	p.cabbie.off = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := send(ctx, conn, p.cabbie.status()); err != nil {
		return err
	}
	return conn.Close(websocket.StatusNormalClosure, "the shift is over")
}
