//go:build !unix

package streets

import "os"

func mapFile(path string) ([]byte, error) { return os.ReadFile(path) }
