package watch

import "iter"

// audience is readers by what they watch.
type audience[R comparable] map[string]map[R]struct{}

func (a audience[R]) add(watched string, r R) {
	if a[watched] == nil {
		a[watched] = map[R]struct{}{}
	}
	a[watched][r] = struct{}{}
}

func (a audience[R]) remove(watched string, r R) {
	delete(a[watched], r)
	if len(a[watched]) == 0 {
		delete(a, watched)
	}
}

func (a audience[R]) all() iter.Seq[R] {
	return func(yield func(R) bool) {
		for _, readers := range a {
			for r := range readers {
				if !yield(r) {
					return
				}
			}
		}
	}
}

func (a audience[R]) size() int {
	n := 0
	for _, readers := range a {
		n += len(readers)
	}
	return n
}
