package node

import (
	"os"
	"regexp"
	"testing"
)

// The key that a try-out with Docker runs on is good for that, and is warned of.
func TestKeys_WellKnown(t *testing.T) {
	compose, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`CABSTAND_AUTH_KEY: \$\{CABSTAND_AUTH_KEY:-([^}]+)\}`).FindSubmatch(compose)
	if found == nil {
		t.Fatal("docker-compose.yml has no key for a try-out")
	}
	if k := (Keys{AuthKey: string(found[1])}); k.validate() != nil || !k.wellKnown() {
		t.Errorf("%q: %v, well known: %v", k.AuthKey, k.validate(), k.wellKnown())
	}
	if k := (Keys{AuthKey: "a secret of the tests, of 32 bytes or more"}); k.wellKnown() {
		t.Error("a key of one's own is taken for that of docker-compose.yml")
	}
}
