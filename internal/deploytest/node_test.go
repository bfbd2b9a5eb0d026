package deploytest_test

import "os"

// node is the one that internal/interop/install has put there if the machine's is too old.
func node() string {
	const own = "../interop/node_modules/.node/node"
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return "node"
}
