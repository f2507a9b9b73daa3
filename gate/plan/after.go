package plan

// after writes what shows that the upgrade is done.
func (b *builder) after() {
	b.add(After, "Ask the gate whether it is well", "0: done. 1: it names what is broken and why; settle it, or go back. With the report of before, what was known then does not block.",
		b.gate("run --phase post", b.address(), "--wait 5m", `${BASELINE:+--baseline "$BASELINE"}`))
	b.byHand(After)
	b.add(After, "Look at it as a user does", "Sign in, run an app and a workflow, ask a knowledge base, open the plugins and the model providers, call the API with a client of yours.")
	if b.way == Compose {
		services := append([]string{"logs", "--no-color", "--since", "30m", b.names.api}, b.names.workers...)
		if b.names.daemon != "" {
			services = append(services, b.names.daemon)
		}
		b.add(After, "Read the logs", "Tracebacks, missing columns, refused connections.", b.call(b.next(b.from.Release, b.to.Release), services...)+" | grep -iE 'error|traceback|exception' | tail -n 50")
		b.optional()
	}
	b.add(After, "Keep the copies until you are sure, then delete them", "They hold passwords and all data. Old images may go with them.", `ls -l "${BACKUP_DIR:?}"`)
	b.optional()
}
