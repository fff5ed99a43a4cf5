package osm

import "strings"

// tags are what the map says of an element: few, so that looking through them is
// the fastest way to one.
type tags []tag

type tag struct{ key, value string }

// get is the value of a key, in small letters and without blanks around it; ""
// if there is none.
func (t tags) get(key string) string { return strings.ToLower(t.text(key)) }

// text is the value of a key as it is written.
func (t tags) text(key string) string {
	for _, one := range t {
		if one.key == key {
			return strings.TrimSpace(one.value)
		}
	}
	return ""
}

func (b *block) readTags(keys, values packed) (tags, error) {
	b.tags = b.tags[:0]
	for len(keys) > 0 {
		key, err := keys.must("keys")
		if err != nil {
			return nil, err
		}
		value, err := values.must("values of tags")
		if err != nil {
			return nil, err
		}
		if err := b.addTag(key, value); err != nil {
			return nil, err
		}
	}
	return b.tags, nil
}

// readDenseTags reads the tags of the next node: keys and values by turns up to
// a zero.
func (b *block) readDenseTags(texts *packed) (tags, error) {
	b.tags = b.tags[:0]
	for {
		key, err := texts.must("tags of nodes")
		if err != nil || key == 0 {
			return b.tags, err
		}
		value, err := texts.must("tags of nodes")
		if err != nil {
			return nil, err
		}
		if err := b.addTag(key, value); err != nil {
			return nil, err
		}
	}
}

func (b *block) addTag(key, value uint64) error {
	k, err := b.text(key)
	if err != nil {
		return err
	}
	v, err := b.text(value)
	b.tags = append(b.tags, tag{k, v})
	return err
}
