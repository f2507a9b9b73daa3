package dify

// Steps lists what an operator must do by hand for the releases that in picks,
// in the order of releases. Some belong to releases newer than the catalogue.
func (c *Catalogue) Steps(in func(release string) bool) []Step {
	var out []Step
	for _, s := range c.StepList {
		if in(s.Release) {
			out = append(out, s)
		}
	}
	return out
}
