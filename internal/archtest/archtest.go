// Package archtest holds the code against the table in ARCHITECTURE.md: which room may know which. Its test reads the page
// and the imports of every package; where the picture and the code differ, it is red.
package archtest
