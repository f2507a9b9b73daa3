package database

import (
	"github.com/dify-gate/dify-gate/gate"
)

var ruleMigrationBehind = gate.Rule{
	ID: "migration/behind", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "migrations have not run",
	What:    "The database's revision is older than the head of the target's migrations.",
	Why:     "The new code runs on the old schema: columns and tables are missing, and requests return 500. Until Dify 1.12.1 a failed migration was only logged, and the API started.",
	Fix:     "Back up the database. Then let the API container migrate (MIGRATION_ENABLED=true), or run flask db upgrade in it.",
	Example: "migration db:5432/dify: revision a91b476a53de (first in Dify 0.15.0) is 50 migrations behind fce013ca180e, the head of Dify 1.13.0",
}

var ruleMigrationAhead = gate.Rule{
	ID: "migration/ahead", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the database is newer than the images",
	What:    "The database's revision belongs to a release later than the target.",
	Why:     "Images that do not know the revision do not start. Switching images does not undo a migration.",
	Fix:     "Run the newer release again, or restore the backup from before that upgrade.",
	Example: "migration db:5432/dify: revision d9e8f7a6b5c4 (first in Dify 1.15.0) is later than 6b5f9f8b1a2c, the head of Dify 1.13.2",
}

var ruleMigrationUnknownRevision = gate.Rule{
	ID: "migration/unknown-revision", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the database's revision is unknown",
	What:    "The database's revision is neither among the target's migrations nor in any release that the gate knows.",
	Why:     "The API exits with \"Can't locate revision\". A fork or a pre-release has migrated the database.",
	Fix:     "Find out which image wrote it and run that image or its successor, or restore the backup from before.",
	Example: "migration db:5432/dify: revision aab323465866 belongs to neither the target's migrations nor those of a known release; expected 227822d22895, the head of Dify 1.14.0",
}

var ruleMigrationSeveralHeads = gate.Rule{
	ID: "migration/several-heads", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "there is more than one migration head",
	What:    "The table has several rows, the source has several heads, or the database is on another branch.",
	Why:     "Alembic refuses to upgrade to the head when there are several.",
	Fix:     "Merge the branches in the source (flask db merge heads), build the image from it, then migrate.",
	Example: "migration db:5432/dify: alembic_version has 2 revisions (a91b476a53de, deadbeef0001), expected one",
}

var ruleMigrationNotInitialised = gate.Rule{
	ID: "migration/not-initialised", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the database was never migrated",
	What:    "The table alembic_version is missing or empty.",
	Why:     "The API has no schema, or it uses a different database than the one that was checked.",
	Fix:     "Run the migrations, or correct the URL.",
	Example: "migration db:5432/dify: the table alembic_version does not exist; expected revision 6b5f9f8b1a2c, the head of Dify 1.13.2",
}

// migrationRules are the rules of the kind migration.
func migrationRules() []gate.Rule {
	return []gate.Rule{
		ruleMigrationBehind, ruleMigrationAhead, ruleMigrationUnknownRevision, ruleMigrationSeveralHeads, ruleMigrationNotInitialised,
	}
}
