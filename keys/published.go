package keys

import "slices"

// PublicSet returns the Set itself, which so can be published.
func (s *Set) PublicSet() (*Set, error) {
	if !s.made() {
		return nil, errNoKey
	}
	return s, nil
}

// algorithms returns the algorithms of the keys, each once, in their order.
func (s *Set) algorithms() []string {
	var names []string
	for _, key := range s.keys {
		if !slices.Contains(names, key.Algorithm()) {
			names = append(names, key.Algorithm())
		}
	}
	return names
}
