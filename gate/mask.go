package gate

// mask replaces known secrets in every text of a report: the last line of
// defence, for a server that echoes what it was sent.
func mask(rep *Report, m Masker) {
	for i := range rep.Findings {
		f := &rep.Findings[i]
		for _, s := range []*string{&f.Message, &f.Hint, &f.Why, &f.Text, &f.URL} {
			*s = m.Mask(*s)
		}
	}
	for i := range rep.Checks {
		c := &rep.Checks[i]
		c.Reason = m.Mask(c.Reason)
		c.Probes = maskAll(c.Probes, m)
		c.Evidence, _ = maskValue(c.Evidence, m).(map[string]any)
	}
	for i := range rep.RootCauses {
		r := &rep.RootCauses[i]
		r.Message, r.Hint = m.Mask(r.Message), m.Mask(r.Hint)
	}
	for i := range rep.Changes {
		rep.Changes[i].Evidence = maskAll(rep.Changes[i].Evidence, m)
	}
	rep.Reasons = maskAll(rep.Reasons, m)
}

func maskAll(in []string, m Masker) []string {
	if in == nil {
		return nil
	}
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = m.Mask(s)
	}
	return out
}

// maskValue walks what evidence may hold. Other types pass as they are.
func maskValue(v any, m Masker) any {
	switch v := v.(type) {
	case string:
		return m.Mask(v)
	case []string:
		return maskAll(v, m)
	case map[string]string:
		out := make(map[string]string, len(v))
		for k, s := range v {
			out[k] = m.Mask(s)
		}
		return out
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = maskValue(x, m)
		}
		return out
	case []map[string]any:
		out := make([]map[string]any, len(v))
		for i, x := range v {
			out[i], _ = maskValue(x, m).(map[string]any)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = maskValue(x, m)
		}
		return out
	}
	return v
}
