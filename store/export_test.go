package store

// At calls act before a step of the next commit, once: for tests that see the package from
// outside.
func (s *Store) At(step string, act func()) {
	f := s.medium.(*localFile)
	f.moment = func(now string) {
		if now == step {
			f.moment = func(string) {}
			act()
		}
	}
}
