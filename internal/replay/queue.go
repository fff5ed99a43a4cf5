package replay

import (
	"container/heap"
	"context"
	"time"
)

// event is something that happens by itself at its time.
type event struct {
	at     time.Duration // since the start of the run
	number int64         // of two at the same time, the one that was made first comes first
	do     func(context.Context) error
}

// queue is the events to come, the earliest first.
type queue struct {
	heap eventHeap
	made int64
}

func (q *queue) add(at time.Duration, do func(context.Context) error) {
	q.made++
	heap.Push(&q.heap, event{at, q.made, do})
}

// next is when the next event happens.
func (q *queue) next() (at time.Duration, ok bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

func (q *queue) take() event { return heap.Pop(&q.heap).(event) }

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].number < h[j].number
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}
