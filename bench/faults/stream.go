package main

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// readStream reads the stream of trips from its first message to its last.
func readStream(ctx context.Context, url string) (all []faults.Message, err error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, "TRIPS")
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	for read := uint64(0); read < info.State.LastSeq; {
		m, err := consumer.Next(jetstream.FetchMaxWait(30 * time.Second))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		if read = meta.Sequence.Stream; m.Headers().Get(again) == "" {
			all = append(all, faults.Message{ID: m.Headers().Get(jetstream.MsgIDHeader), Data: m.Data()})
		}
	}
	return all, nil
}
