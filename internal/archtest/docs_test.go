package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)(?:/([A-Za-z0-9]+))?`")
	mdLink   = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|srcset)="([^":]+)"`)
)

// A guarantee whose test was renamed or removed is a claim.
func TestDocs_NameTestsThatExist(t *testing.T) {
	code := read(t, ".go")
	for path, page := range read(t, ".md") {
		for _, name := range testName.FindAllStringSubmatch(page, -1) {
			if !contains(code, "func "+name[1]+"(") || name[2] != "" && !contains(code, `"`+name[2]+`"`) {
				t.Errorf("%s names %s, which is no test", path, name[0])
			}
		}
	}
}

func TestDocs_LinkToWhatIsThere(t *testing.T) {
	for path, page := range read(t, ".md") {
		for _, link := range mdLink.FindAllStringSubmatch(page, -1) {
			target := filepath.Join(filepath.Dir(path), link[1]+link[2])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
			}
		}
	}
}

// read is the project's files with the given ending, by path.
func read(tb testing.TB, ending string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ending):
			data, err := os.ReadFile(path)
			files[path] = string(data)
			return err
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func contains(files map[string]string, text string) bool {
	for _, content := range files {
		if strings.Contains(content, text) {
			return true
		}
	}
	return false
}
