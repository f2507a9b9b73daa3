package database

import (
	"github.com/dify-gate/dify-gate/gate"
)

func migrationRules() []gate.Rule {
	rule := func(id, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: "migration/" + id, Severity: gate.Error, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("behind", "migrations have not run",
			"The database's revision comes before the head of the target's migrations.",
			"The new code meets the old schema: columns and tables are missing, and requests answer 500. Until Dify 1.12.1 a failed migration was only logged, and the API started.",
			"Back up, then have the API container migrate (MIGRATION_ENABLED=true) or run flask db upgrade in it.",
			"migration db:5432/dify: revision a91b476a53de (first in Dify 0.15.0) is 50 migrations behind fce013ca180e, the head of Dify 1.13.0, want the head"),
		rule("ahead", "the database is newer than the images",
			"The database's revision belongs to a release later than the target.",
			"Images that do not know the revision do not start; there is no way back by switching images.",
			"Run the newer release again, or restore the backup from before that upgrade.",
			"migration db:5432/dify: revision d9e8f7a6b5c4 (first in Dify 1.15.0) is later than 6b5f9f8b1a2c, the head of Dify 1.13.2, want the head"),
		rule("unknown-revision", "nobody knows the database's revision",
			"The database's revision is neither among the target's migrations nor in any release that the gate knows.",
			"The API ends with Can't locate revision; a fork or a pre-release migrated the database.",
			"Find out which image wrote it, and run that or its successor, or restore the backup from before.",
			"migration db:5432/dify: revision aab323465866 is in neither the target's migrations nor those of a known release, want 227822d22895, the head of Dify 1.14.0"),
		rule("several-heads", "there is more than one head",
			"The table has several rows, the source has several heads, or the database is on another branch.",
			"Alembic refuses to upgrade to the head when there are several.",
			"Join the branches in the source (flask db merge heads), build the image from it, then migrate.",
			"migration db:5432/dify: 2 revisions stand in alembic_version (a91b476a53de, deadbeef0001), want one"),
		rule("not-initialised", "the database was never migrated",
			"The table alembic_version is missing or empty.",
			"The API has no schema to work with, or it works with another database than the one looked at.",
			"Run the migrations, or correct the URL.",
			"migration db:5432/dify: there is no table alembic_version, want revision 6b5f9f8b1a2c, the head of Dify 1.13.2"),
	}
}
