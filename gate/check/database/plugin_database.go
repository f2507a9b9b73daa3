package database

import (
	"context"
	"fmt"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// maxName is how much PostgreSQL keeps of a name, in bytes (NAMEDATALEN - 1).
const maxName = 63

// pluginDatabase reports the plugin daemon's database where it is missing and
// the daemon's user, which is the API's, may not create it: the daemon then ends
// when it starts (langgenius/dify#14791).
func (s *postgresSession) pluginDatabase(ctx context.Context, l inspection, name string, evidence map[string]any) ([]gate.Finding, error) {
	if name == "" {
		return nil, nil
	}
	databases, err := s.names(ctx, "select datname from pg_catalog.pg_database")
	if err != nil {
		return nil, err
	}
	var creates bool
	err = s.row(ctx, "select coalesce((select rolcreatedb or rolsuper from pg_catalog.pg_roles where rolname = current_user), false)", &creates)
	if err != nil {
		return nil, err
	}
	there := slices.Contains(databases, name[:min(len(name), maxName)])
	switch {
	case there:
		evidence["plugin_database"] = name + " is there"
		return nil, nil
	case creates:
		evidence["plugin_database"] = name + " does not exist yet; the plugin daemon may create it"
		return nil, nil
	}
	return []gate.Finding{l.found(l.rules.unreachable, " "+name,
		fmt.Sprintf("there is no database %s (DB_PLUGIN_DATABASE), and user %s may not create it: the plugin daemon cannot start", quote.Clip(name), quote.Clip(s.target.User)),
		fmt.Sprintf("run as a superuser: CREATE DATABASE %s OWNER %s; or ALTER ROLE %s CREATEDB, and the plugin daemon creates it", name, s.target.User, s.target.User))}, nil
}
