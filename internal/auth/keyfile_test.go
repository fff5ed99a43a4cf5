package auth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cabstand/cabstand/internal/auth"
)

func TestLoadOrCreateKey(t *testing.T) {
	t.Run("SameKeyAgain", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "not", "there", "yet")
		first, err := auth.LoadOrCreateKey(dir)
		if err != nil || len(first) < auth.MinKey {
			t.Fatalf("got %d bytes, %v", len(first), err)
		}
		again, err := auth.LoadOrCreateKey(dir)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("another key: %v", err)
		}
	})
	t.Run("OwnerOnlyAndNothingLeftBehind", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := auth.LoadOrCreateKey(dir); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("got %v, %v; want the key alone", entries, err)
		}
		info, err := entries[0].Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
		}
	})
	t.Run("TwoFoldersTwoKeys", func(t *testing.T) {
		a, err1 := auth.LoadOrCreateKey(t.TempDir())
		b, err2 := auth.LoadOrCreateKey(t.TempDir())
		if err1 != nil || err2 != nil || bytes.Equal(a, b) {
			t.Errorf("the same key twice, %v, %v", err1, err2)
		}
	})
	t.Run("ErrTruncatedKey", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "auth.key"), []byte("short\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if key, err := auth.LoadOrCreateKey(dir); err == nil {
			t.Errorf("took %q for a key", key)
		}
	})
	t.Run("AllWhoRaceGetTheSame", func(t *testing.T) {
		dir := t.TempDir()
		keys := make([][]byte, 32)
		var racers sync.WaitGroup
		for i := range keys {
			racers.Go(func() {
				key, err := auth.LoadOrCreateKey(dir)
				if err != nil {
					t.Error(err)
				}
				keys[i] = key
			})
		}
		racers.Wait()
		for i := range keys {
			if !bytes.Equal(keys[i], keys[0]) {
				t.Fatalf("racer %d has another key", i)
			}
		}
	})
}
