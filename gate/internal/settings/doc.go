// Package settings reads a settings file of YAML, JSON, TOML or .env into one
// shape: values as JSON has them, and the place of each by its dotted path.
// It knows no rules.
package settings
