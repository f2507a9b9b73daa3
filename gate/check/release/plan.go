package release

import (
	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// Advised is what the built-in advisories alone demand of the way from env.From to
// env.To: for a plan whose release notes could not be read.
func Advised(env *check.Env) ([]gate.Change, []gate.Step, error) {
	from, err := changelog.ParseVersion(env.From)
	if err != nil {
		return nil, nil, err
	}
	to, err := changelog.ParseVersion(env.To)
	if err != nil {
		return nil, nil, err
	}
	advisories, err := changelog.Advisories()
	if err != nil {
		return nil, nil, err
	}
	r := &changelogRun{env: env, spec: &Changelog{}, files: readOperatorFiles(env)}
	r.out.Upgrade = &gate.Upgrade{}
	r.reading = changelog.Read(changelog.SelectRange(nil, from, to), advisories)
	r.changes()
	return r.out.Changes, r.out.RunBook, nil
}

// Touched is a step of the catalogue that concerns this deployment.
type Touched struct {
	dify.Step
	// Seen: the lack itself was seen in the files, not only that it may be there.
	Seen bool
	What string // what was seen, "" for nothing
	Do   string // the advice, made for this deployment
	At   *gate.Location
}

// TouchedSteps are the steps of the catalogue for the releases between env.From and
// env.To that concern the operator's files; without files none is left out but those
// that hang on them.
func TouchedSteps(env *check.Env) ([]Touched, error) {
	path, err := env.UpgradePath()
	if err != nil {
		return nil, err
	}
	r := &upgradeRun{env: env, UpgradePath: path}
	if files := readOperatorFiles(env); files.d != nil {
		r.d = files.d
	}
	var out []Touched
	for _, s := range r.crossed() {
		if r.d == nil {
			if s.When == "" {
				out = append(out, Touched{Step: s, Do: s.Do})
			}
			continue
		}
		if t := r.touches(s); t.yes {
			out = append(out, Touched{Step: s, Seen: t.seen, What: t.what, Do: r.advice(s), At: env.Place(t.at)})
		}
	}
	return out, nil
}
