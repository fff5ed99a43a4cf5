//go:build unix

package streets

import (
	"fmt"
	"math"
	"os"
	"syscall"
)

// mapFile is the content of a file, which is read as it is used, and shared by
// all programs that map it. It is never given back.
func mapFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > math.MaxInt:
		return os.ReadFile(path) // nothing that can be mapped
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping %s: %w", path, err)
	}
	return b, nil
}
