package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var capacityRow = regexp.MustCompile(`(?m)^\| ([a-z_]+) \| (.*) \|$`)

// The worksheet of capacity is computed from its own inputs by its own formulas.
func TestDocs_CapacityAddsUp(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "capacity.md"))
	if err != nil {
		t.Fatal(err)
	}
	inputs, sizes, computed := map[string]float64{}, []map[string]float64(nil), 0
	for _, row := range capacityRow.FindAllStringSubmatch(string(page), -1) {
		name, cells := row[1], strings.Split(row[2], "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case name == "input" || name == "result":
		case len(cells) == 3: // an input: value, unit, where from
			inputs[name] = mustNumber(t, cells[0])
		case name == "drivers":
			for _, n := range cells[1:4] {
				sizes = append(sizes, map[string]float64{name: mustNumber(t, n)})
			}
		default:
			formula := strings.Trim(cells[0], "`")
			for i, size := range sizes {
				want := evaluate(t, formula, inputs, size)
				size[name] = want
				if shown := figure(want); cells[1+i] != shown {
					t.Errorf("%s for %v drivers is %s, the page has %s", name, size["drivers"], shown, cells[1+i])
				}
				computed++
			}
		}
	}
	if len(inputs) < 10 || len(sizes) != 3 || computed < 30 {
		t.Errorf("%d inputs, %d sizes, %d results were found", len(inputs), len(sizes), computed)
	}
}

func mustNumber(t *testing.T, s string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// figure is a number as the page shows it: whole from ten on, else with two
// digits.
func figure(f float64) string {
	if f >= 10 || f == math.Trunc(f) {
		return strconv.FormatFloat(math.Round(f), 'f', -1, 64)
	}
	return fmt.Sprintf("%.2g", f)
}

// evaluate works out a formula; names are inputs or results above it.
func evaluate(t *testing.T, formula string, inputs, results map[string]float64) float64 {
	t.Helper()
	tree, err := parser.ParseExpr(formula)
	if err != nil {
		t.Fatalf("%s: %v", formula, err)
	}
	var value func(ast.Expr) float64
	value = func(e ast.Expr) float64 {
		switch e := e.(type) {
		case *ast.BasicLit:
			return mustNumber(t, e.Value)
		case *ast.ParenExpr:
			return value(e.X)
		case *ast.Ident:
			if v, ok := results[e.Name]; ok {
				return v
			}
			if v, ok := inputs[e.Name]; ok {
				return v
			}
			t.Fatalf("%s: what is %s?", formula, e.Name)
		case *ast.BinaryExpr:
			return apply(t, e.Op, value(e.X), value(e.Y))
		case *ast.CallExpr:
			var args []float64
			for _, a := range e.Args {
				args = append(args, value(a))
			}
			return call(t, e.Fun.(*ast.Ident).Name, args)
		}
		t.Fatalf("%s: %T is not understood", formula, e)
		return 0
	}
	return value(tree)
}

func apply(t *testing.T, op token.Token, a, b float64) float64 {
	t.Helper()
	switch op {
	case token.ADD:
		return a + b
	case token.MUL:
		return a * b
	case token.QUO:
		return a / b
	}
	t.Fatalf("%v is not understood", op)
	return 0
}

func call(t *testing.T, name string, args []float64) float64 {
	t.Helper()
	switch {
	case name == "ceil" && len(args) == 1:
		return math.Ceil(args[0])
	case name == "max" && len(args) == 2:
		return max(args[0], args[1])
	case name == "min" && len(args) == 2:
		return min(args[0], args[1])
	}
	t.Fatalf("%s of %d numbers is not understood", name, len(args))
	return 0
}
