// Package setting reads settings from environment variables.
package setting

import "fmt"

// Flag returns whether a variable is "1". It is an error if it is set to anything else.
func Flag(getenv func(string) string, name string) (bool, error) {
	switch value := getenv(name); value {
	case "":
		return false, nil
	case "1":
		return true, nil
	default:
		return false, fmt.Errorf("set %s to 1, or not at all: it is %q", name, value)
	}
}
