package plan

import "fmt"

// rollback writes the way back of the hop.
func (b *builder) rollback() {
	switch b.way {
	case Helm:
		b.helmBack()
	case Source:
		b.sourceBack()
	default:
		b.composeBack()
	}
	b.add(Rollback, "Ask the gate about the old release", fmt.Sprintf("It must answer as %s again, on the schema of %s.", b.hop.From, b.hop.From), b.gateBack(b.address(), "--wait 5m"))
}

func (b *builder) composeBack() {
	next := b.next(b.from.Release, b.to.Release)
	b.add(Rollback, "Stop the new release", "What was written since the upgrade is lost with the way back. Never add --volumes.", b.call(next, "down"))
	b.add(Rollback, "Put the old files back", "Files that the new release added stay; the old ones do not name them.", b.filesBack()...)
	b.volumesBack()
	migrated, known := revisions(b.catalogue, b.from, b.to)
	if b.db.service == "" && (!known || len(migrated) > 0) {
		b.restoreDump("last-", nil)
	}
	b.add(Rollback, "Start the old release", "Its images are still on the host.", b.call(b.own(), "up", "-d"))
	if b.db.service != "" && b.db.kept && (b.db.postgres() || b.db.mysql()) {
		stop := append([]string{"stop", b.names.api}, b.names.workers...)
		if b.names.daemon != "" {
			stop = append(stop, b.names.daemon)
		}
		b.add(Rollback, "Only where the copy of the volumes cannot be used: restore the dump", "The dump was made before the downtime: what was written in between is lost.",
			append(append([]string{b.call(b.own(), stop...)}, b.db.restore("", b.inDatabase(b.own()))...), b.call(b.own(), "up", "-d"))...)
		b.optional()
	}
}

func (b *builder) filesBack() []string {
	lines := []string{`cp -Rp -- "${BACKUP_DIR:?}"/files/. .`}
	if b.checkout != "" {
		lines = append([]string{"git -C " + file(b.checkout) + " checkout --force " + quote(tag(b.hop.From))}, lines...)
	}
	return lines
}

// volumesBack puts the copies of the volumes back.
func (b *builder) volumesBack() {
	lines := []string{}
	for _, dir := range b.mounts.binds {
		lines = append(lines, "[ ! -e "+file(dir)+" ] || sudo mv -- "+file(dir)+" "+file(dir+".failed"))
	}
	if len(b.mounts.binds) > 0 {
		lines = append(lines, `sudo tar -xzpPf "${BACKUP_DIR:?}"/volumes.tgz`)
	}
	if len(b.mounts.named) > 0 {
		lines = append(lines, b.projectName())
		for _, v := range b.mounts.named {
			lines = append(lines, `docker run --rm --volume "${PROJECT:?}"_`+quote(v)+`:/data --volume "${BACKUP_DIR:?}":/from:ro busybox sh -c 'find /data -mindepth 1 -delete && tar -xzf "$1" -C /data' sh `+quote("/from/volume-"+v+".tgz"))
		}
	}
	if len(lines) > 0 {
		b.add(Rollback, "Put the volumes back", "Database, vector store, plugins and uploads belong together: put back all of them or none.", lines...)
	}
}

// restoreDump lays the dump back.
func (b *builder) restoreDump(stage string, run func(words ...string) string) {
	if !b.db.postgres() && !b.db.mysql() {
		b.add(Rollback, "Restore the dump with the database's own tools", "The old release does not know the migrated schema (Can't locate revision identified by …).")
		return
	}
	b.add(Rollback, "Restore the dump of the database", "The old release does not know the migrated schema (Can't locate revision identified by …).", b.db.restore(stage, run)...)
}
