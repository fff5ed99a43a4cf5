// Package archtest holds the code to its layers: imports point down the table
// of docs/architecture.md only, the pure packages stay pure, and a new package
// gets a rule before it gets in. It has nothing but tests.
package archtest
