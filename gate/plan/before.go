package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// before writes the steps that leave the running deployment as it is.
func (b *builder) before() {
	b.setUp()
	b.add(Before, "Ask the gate", "Go on with exit code 0. 1 says what blocks: the steps below settle it, or a waiver excuses it. 3: something could not be read; find out what.",
		b.gate("run --phase pre"))
	b.measure()
	b.minimums()
	b.space()
	b.saveFiles()
	b.commandsBefore()
	b.dump()
	b.releaseFiles()
	b.patch()
	b.byHand(Before)
	b.add(Before, "Ask the gate again, with the new files", "Nothing that blocks may be left. From here on restart no container until they are stopped: it would start with files of two releases.",
		b.gate("run --phase pre"))
}

// setUp opens the shell that all steps share.
func (b *builder) setUp() {
	var lines []string
	if b.dir != "." && b.number == 1 {
		lines = append(lines, "cd -- "+quote(b.dir))
	}
	lines = append(lines, fmt.Sprintf(`BACKUP_DIR="$HOME"/dify-%s-to-%s-$(date +%%Y%%m%%d-%%H%%M%%S)`, quote(tag(b.hop.From)), quote(tag(b.hop.To))),
		`mkdir -m 700 -- "$BACKUP_DIR" && mkdir -- "$BACKUP_DIR"/files && echo "$BACKUP_DIR"`)
	lines = append(lines, b.db.variables()...)
	switch b.way {
	case Helm:
		lines = append(lines, helmVariables(b.in.URL == "")...)
	case Source:
		lines = append(lines, sourceVariables...)
	}
	what := "Open a shell in the directory of the deployment, and use it for all steps"
	if b.number > 1 {
		what = fmt.Sprintf("Next hop: %s to %s. Stay in the same shell", b.hop.From, b.hop.To)
	}
	b.add(Before, what, "The steps use these variables. The copies hold passwords and data: nobody else may read them. If the shell is lost, go to the directory and set the variables to the same values again.", lines...)
}

// measure keeps a report of the release that runs, to compare the new one with.
func (b *builder) measure() {
	b.add(Before, "Keep a report of what runs now", "The run after the upgrade compares itself with it: what was wrong before is known, what is new blocks.",
		b.gateBack(b.address(), `--report json="${BACKUP_DIR:?}"/before.json`), `BASELINE="${BACKUP_DIR:?}"/before.json`)
	b.optional()
}

// minimums are products that the target wants newer than the running release did.
func (b *builder) minimums() {
	if b.way == Compose {
		if m, ok := b.to.Minimum("docker-compose"); ok {
			if old, had := b.from.Minimum("docker-compose"); !had || old.Version != m.Version {
				b.addSince(Before, m.Since, "Look at the version of Docker Compose: "+m.Version+" or newer", m.Source, "docker compose version --short")
			}
		}
	}
	product, query := "postgres", []string{"psql", "--tuples-only", "--command", "show server_version"}
	if b.db.mysql() {
		return
	}
	m, ok := b.to.Minimum(product)
	if old, _ := b.from.Minimum(product); !ok || !b.db.postgres() || old.Version == m.Version {
		return
	}
	run := b.inDatabase(b.own())
	as := ` --username "${DB_USERNAME:?}" --dbname "${DB_DATABASE:?}"`
	command := `psql --host "${DB_HOST:?}" --port "${DB_PORT:?}"` + as + " " + line(query[1:]...)
	if run != nil {
		command = run(query...) + as
	}
	b.addSince(Before, m.Since, "Look at the version of PostgreSQL: "+m.Version+" or newer", m.Source, command)
}

// inDatabase puts a command into the database's container; nil when it is outside.
func (b *builder) inDatabase(profiles []string) func(words ...string) string {
	switch {
	case b.way == Compose && b.db.service != "":
		return func(words ...string) string {
			return b.call(profiles, append([]string{"exec", "-T", b.db.service}, words...)...)
		}
	case b.way == Helm:
		return func(words ...string) string {
			return `kubectl --namespace "${NAMESPACE:?}" exec --stdin "${DB_POD:?}" -- ` + line(words...)
		}
	}
	return nil
}

func (b *builder) space() {
	lines := []string{`df -h . "${BACKUP_DIR:?}"`}
	if b.way == Compose && len(b.mounts.binds) > 0 {
		lines = append(lines, "sudo du -sh -- "+files(b.mounts.binds))
	}
	b.add(Before, "Look at the space on the disk", "The copies need as much as the data has, the new images some 10 GB.", lines...)
	b.optional()
}

// saveFiles copies the operator's files: the way back, and what the old containers are
// stopped with.
func (b *builder) saveFiles() {
	b.add(Before, "Copy the files of the deployment", "They stop what runs now, and start it again if you go back.",
		"tar -cf - -- "+files(b.configFiles())+` | tar -xpf - -C "${BACKUP_DIR:?}"/files`)
}

// dump saves the databases.
func (b *builder) dump() {
	switch {
	case !b.db.postgres() && !b.db.mysql():
		b.add(Before, "Dump the database with its own tools: DB_TYPE is "+b.db.kind, "The gate knows the dumps of PostgreSQL and MySQL. Without a dump there is no way back after the migrations.")
		return
	}
	run := b.inDatabase(b.own())
	why := "Migrations cannot be taken back; the dump can. It is made while Dify runs: it shows that it can be made, and is whole by itself."
	if run == nil {
		why += " The database is outside of these files: the tools must be of its major version or newer, and ask for the password (or take it from ~/.pgpass, ~/.my.cnf)."
	}
	b.add(Before, "Dump the database", why, append(b.db.dump("", run), b.db.verify("", run)...)...)
}

// releaseFiles gets the target's own files.
func (b *builder) releaseFiles() {
	to := quote(tag(b.hop.To))
	switch {
	case b.way == Helm:
		return
	case b.way == Source:
		b.add(Before, "Fetch the release", "Nothing is checked out yet.", "git -C "+file(b.checkout)+" fetch --tags origin", "git -C "+file(b.checkout)+" status --short")
	case b.checkout != "":
		b.add(Before, "Check the release out", "The files are in a checkout of Dify. Own changes are kept and merged; where both changed the same lines, git marks the place: settle it before you go on.",
			"git -C "+file(b.checkout)+` diff >"${BACKUP_DIR:?}"/local-changes.patch`,
			"git -C "+file(b.checkout)+" fetch --tags origin",
			"git -C "+file(b.checkout)+" checkout --merge "+to,
			"git -C "+file(b.checkout)+" status --short")
	default:
		b.add(Before, "Get the release's own files, to compare yours with", "New services, mounts and files (envs/**, nginx templates, config of the sandbox and the proxy) stand in them.",
			"git clone --depth 1 --branch "+to+` https://github.com/langgenius/dify "${BACKUP_DIR:?}"/release`,
			`diff -ru "${BACKUP_DIR:?}"/release/docker . | less`)
		b.optional()
		if lacks := b.lackingServices(); len(lacks) > 0 {
			b.addSince(Before, b.hop.To, "Add the services that "+b.hop.To+" has and your files lack: "+strings.Join(lacks, ", "), "Take them from the release's docker-compose.yaml, with the mounts and variables that they have there.")
		}
	}
}

// lackingServices start with the target's own files and are not in the operator's.
func (b *builder) lackingServices() []string {
	var out []string
	if b.d == nil || len(b.d.Services) == 0 || !b.to.Exact || !b.from.Exact {
		return nil
	}
	profiles := b.next(b.from.Release, b.to.Release)
	for _, v := range b.to.Services() {
		_, here := b.d.Service(v.Name)
		_, before := b.from.Service(v.Name)
		starts := len(v.Profiles) == 0 || slices.ContainsFunc(v.Profiles, func(p string) bool { return p != "" && slices.Contains(profiles, p) })
		if starts && !here && !before && !strings.HasPrefix(v.Name, "db_") && !b.toldService(v.Name) {
			out = append(out, v.Name)
		}
	}
	return out
}

// toldService reports whether a change of the notes asks for a service by name.
func (b *builder) toldService(name string) bool {
	return slices.ContainsFunc(b.in.Changes, func(c gate.Change) bool {
		return c.Applies != "no" && b.inHop(c.Version) && slices.Contains(c.Names.Services, name) && b.asks(c)
	})
}

// patch lays the gate's changes over the operator's files.
func (b *builder) patch() {
	if b.d == nil {
		b.add(Before, "Set the new images, and merge .env with the release's .env.example", "With --dir the gate makes the patch by itself.")
		return
	}
	why := "It sets the images, adds what is new to .env, the proxy and the services, and comments out what is gone. No value of yours is lost. Read it; --apply then writes the files, each with a copy beside it."
	if b.adopted() {
		why = "Your files have the images of " + b.hop.To + " already; the patch holds what else they need. Read it; --apply then writes the files, each with a copy beside it."
	}
	b.add(Before, "Make the patch, read it, apply it", why,
		b.gate("fix")+` --out "${BACKUP_DIR:?}"/upgrade.patch`, `less "${BACKUP_DIR:?}"/upgrade.patch`, b.gate("fix")+" --apply")
}
