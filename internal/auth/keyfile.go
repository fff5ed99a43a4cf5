package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyFile is the name of the keys in a data folder. It holds one key a line; the
// text itself is the key, so that it can be passed on as configuration. The
// first signs, the others are older ones that are still accepted.
const keyFile = "auth.key"

// LoadOrCreateKey is the key of the data folder that signs.
func LoadOrCreateKey(dir string) ([]byte, error) {
	keys, err := LoadOrCreateKeys(dir)
	if err != nil {
		return nil, err
	}
	return keys[0], nil
}

// LoadOrCreateKeys is the keys of the data folder, at least one; the first
// signs. The first one who asks makes it, readable by the owner only; of
// processes that race all get the same.
func LoadOrCreateKeys(dir string) ([][]byte, error) {
	path := filepath.Join(dir, keyFile)
	keys, err := loadKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if err := createKey(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return loadKeys(path)
}

func loadKeys(path string) (keys [][]byte, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	for line := range bytes.Lines(data) {
		key := bytes.TrimSpace(line)
		if len(key) == 0 {
			continue
		}
		if len(key) < MinKey {
			return nil, fmt.Errorf("auth: %s, key %d: %d bytes are too few: at least %d", path, len(keys)+1, len(key), MinKey)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("auth: %s has no key", path)
	}
	return keys, nil
}

// createKey writes a new key beside path and links it there: the link fails
// with fs.ErrExist when another process was faster, and nobody ever sees a
// half-written key.
func createKey(dir, path string) error {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	tmp, err := os.CreateTemp(dir, keyFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = fmt.Fprintln(tmp, hex.EncodeToString(secret))
	err = errors.Join(err, tmp.Chmod(0o600), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name survive a power cut: tokens that were signed with
// the key are worth nothing without it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
