package plan

import (
	"fmt"
	"strings"
)

// duringCompose writes the upgrade of a deployment by Docker Compose.
func (b *builder) duringCompose() {
	next := b.next(b.from.Release, b.to.Release)
	b.add(During, "Pull the images", "Dify still runs: what is missing in the registry shows now, and the downtime is shorter.", b.call(next, "pull"))
	b.add(During, "Stop what runs, with the files that it was started with", "The downtime begins. Never add --volumes: it deletes data.", b.saved("down"))
	if b.db.service == "" {
		b.lastDump()
	}
	b.copyVolumes()
	b.commandsStopped()
	b.weaviate(next)
	migrates := strings.EqualFold(b.setting("MIGRATION_ENABLED", b.to.Release), "true")
	if !migrates {
		b.migrateByHand(next)
	}
	b.addSince(During, "", "Start the new release", b.startWhy(migrates), b.call(next, "up", "-d"))
	b.add(During, "Wait until the API answers", "A 502 of the proxy for a minute or two is normal while the database is migrated.",
		until(b.call(next, "exec", "-T", b.names.api, "curl", "--fail", "--silent", "--max-time", "10", "http://localhost:5001/health")))
	if migrates {
		services := append([]string{"logs", "--no-color", "--since", "60m", b.names.api}, b.names.workers...)
		b.add(During, "See that the database was migrated", b.migratedWhy(), b.call(next, services...)+` | grep -iE 'migration|alembic|revision'`)
	}
	b.commandsAfter()
	if b.names.nginx != "" {
		b.add(During, "Restart the proxy", "It keeps the addresses of the containers that it found when it started (langgenius/dify#28255).", b.call(next, "restart", b.names.nginx))
	}
}

// lastDump saves a database outside of the project once nothing writes to it.
func (b *builder) lastDump() {
	if !b.db.postgres() && !b.db.mysql() {
		b.add(During, "Dump the database again, with its own tools", "Nothing writes to it now: this is the state to go back to.")
		return
	}
	run := b.inDatabase(b.own())
	b.add(During, "Dump the database again", "Nothing writes to it now: this is the state to go back to.", append(b.db.dump("last-", run), b.db.verify("last-", run)...)...)
}

// copyVolumes saves what is mounted.
func (b *builder) copyVolumes() {
	lines := []string{}
	if len(b.mounts.binds) > 0 {
		lines = append(lines, `sudo tar -czPf "${BACKUP_DIR:?}"/volumes.tgz -- `+files(b.mounts.binds), `sudo tar -tzPf "${BACKUP_DIR:?}"/volumes.tgz | tail -n 1`)
	}
	if len(b.mounts.named) > 0 {
		lines = append(lines, b.projectName())
		for _, v := range b.mounts.named {
			lines = append(lines, `docker run --rm --volume "${PROJECT:?}"_`+quote(v)+`:/data:ro --volume "${BACKUP_DIR:?}":/to busybox tar -czf `+quote("/to/volume-"+v+".tgz")+" -C /data .")
		}
	}
	if len(lines) == 0 {
		return
	}
	why := "The containers are stopped, so that the copy is whole: uploads, plugins, the vector store"
	if b.db.kept {
		why += " and the database"
	}
	b.add(During, "Copy the volumes that are mounted", why+". This is the state to go back to.", lines...)
	if len(b.mounts.left) > 0 {
		b.said = append(b.said, "not copied, for they are the host's own: "+strings.Join(b.mounts.left, ", "))
	}
}

// projectName sets PROJECT to the name that compose gives to volumes.
func (b *builder) projectName() string {
	return `PROJECT="$(` + b.call(b.own(), "config") + ` | sed -n 's/^name: //p')"`
}

// ladder are the versions of Weaviate that its data must be started with once each
// (docs.dify.ai, self-host, weaviate-server-migration-path).
var ladder = []string{"1.27.27", "1.28.16", "1.29.11", "1.30.23", "1.31.22", "1.32.27", "1.33.18", "1.34.20", "1.35.23", "1.36.23", "1.37.16", "1.38.14", "1.39.2"}

// weaviate starts the bundled store alone where its server makes a leap.
func (b *builder) weaviate(next []string) {
	name := b.names.weaviate
	if name == "" || b.setting("VECTOR_STORE", b.to.Release) != "weaviate" {
		return
	}
	ready := until(b.call(next, "exec", "-T", name, "wget", "-qO-", "http://localhost:8080/v1/.well-known/ready"))
	if b.crossing("1.9.2") {
		b.addSince(During, "1.9.2", "Start the new Weaviate alone, and see that it reads its data",
			"The API speaks to Weaviate 1.27 or newer only, and data that 1.27 has opened cannot go back to 1.19. Collections that 1.19 made need the migration that docs.dify.ai describes (self-host, weaviate-v4-migration).",
			b.call(next, "up", "-d", name), ready, b.call(next, "logs", "--no-color", "--since", "10m", name)+" | grep -iE 'error|panic|migrat' || true")
	}
	if b.crossing("1.17.1") {
		override := `"${BACKUP_DIR:?}"/weaviate.yaml`
		content := `services: {"` + name + `": {image: "cr.weaviate.io/semitechnologies/weaviate:%s"}}\n`
		step := b.stepCall(next, override)
		b.addSince(During, "1.17.1", "Take Weaviate through its minor releases, one after the other",
			"Its data cannot cross the gap in one step; a hard stop in between loses objects of the vector index without a word. Not verified: docs.dify.ai, weaviate-server-migration-path.",
			"for version in "+strings.Join(ladder, " ")+"; do printf "+quote(content)+` "$version" >`+override+"; "+
				step+" up -d "+quote(name)+" && sleep 10 && { "+ready+"; } && "+step+" stop -t -1 "+quote(name)+" || break; echo \"$version done\"; done")
	}
}

// stepCall is compose with all files and one more.
func (b *builder) stepCall(profiles []string, extra string) string {
	out := b.compose
	given := b.files
	if len(given) == 0 {
		given = []string{"docker-compose.yaml"}
	}
	for _, f := range given {
		out += " -f " + file(f)
	}
	out += " -f " + extra
	for _, p := range profiles {
		out += " --profile " + quote(p)
	}
	return out
}

// migrateByHand runs the migrations where the containers do not.
func (b *builder) migrateByHand(next []string) {
	lines := []string{}
	var first []string
	for _, name := range []string{b.database(), b.names.redis} {
		if name != "" {
			first = append(first, name)
		}
	}
	if len(first) > 0 {
		lines = append(lines, b.call(next, append([]string{"up", "-d"}, first...)...), "sleep 20")
	}
	lines = append(lines, b.call(next, "run", "--rm", "--no-deps", "--entrypoint", "", b.names.api)+" "+runner(b.to.Version())+" flask db upgrade")
	b.add(During, "Migrate the database"+b.migrations(), "MIGRATION_ENABLED is not true here: no container does it by itself. It must end without an error before anything else starts.", lines...)
}

// database is the service of the database once the new files are in place.
func (b *builder) database() string {
	name := b.db.service
	if name == "" || b.checkout == "" {
		return name
	}
	if _, still := b.to.Service(name); still || !b.to.Exact {
		return name
	}
	for _, own := range []string{"db_postgres", "db_mysql"} {
		if _, has := b.to.Service(own); has && (own == "db_mysql") == b.db.mysql() {
			return own
		}
	}
	return name
}

// migrations counts what lies between, for a heading.
func (b *builder) migrations() string {
	list, known := revisions(b.catalogue, b.from, b.to)
	if !known {
		return ""
	}
	return " (" + plural(len(list), "migration") + ")"
}

func (b *builder) startWhy(migrates bool) string {
	list, known := revisions(b.catalogue, b.from, b.to)
	switch {
	case !migrates:
		return "No --remove-orphans: what it would take away may still hold data."
	case known && len(list) == 0:
		return "No database migration lies between. No --remove-orphans: what it would take away may still hold data."
	case known:
		return fmt.Sprintf("The api migrates the database when it starts (MIGRATION_ENABLED): %s, to revision %s. The way back is the copy from here on. No --remove-orphans: what it would take away may still hold data.",
			plural(len(list), "migration"), b.to.Head())
	}
	return "The api migrates the database when it starts (MIGRATION_ENABLED). The way back is the copy from here on."
}

func (b *builder) migratedWhy() string {
	why := "Wanted: \"Database migration successful!\" once; a container that says \"skipped\" let another one do it."
	if !notAfter("1.13.0", b.to.Version()) {
		why += " Up to 1.12.1 a failed migration is only logged, and the API starts on the old schema (langgenius/dify#32021): look at each line."
	}
	return why
}
