package release

import (
	"slices"
	"testing"
)

// TestChangelogQueues holds a queue that must be consumed against the ways in
// which operators write their lists of queues.
func TestChangelogQueues(t *testing.T) {
	t.Parallel()
	const image = "    image: langgenius/dify-api:90.2.0\n"
	passes := "services:\n  worker:\n" + image + "    environment:\n      CELERY_QUEUES: ${CELERY_QUEUES:-}\n"
	for name, c := range map[string]struct {
		files map[string]string
		lacks bool
	}{
		"quoted":               {map[string]string{".env": "CELERY_QUEUES=\"dataset,mail\"\n"}, true},
		"quoted with blanks":   {map[string]string{".env": "CELERY_QUEUES='dataset, trace_export , mail'\n"}, false},
		"commented out":        {map[string]string{".env": "# CELERY_QUEUES=dataset\nA=1\n"}, false},
		"compose passes it on": {map[string]string{".env": "A=1\n", "docker-compose.yaml": passes}, false},
		"override sets it":     {map[string]string{".env": "A=1\n", "docker-compose.yaml": passes, "docker-compose.override.yaml": "services:\n  worker:\n    environment:\n      CELERY_QUEUES: dataset\n"}, true},
		"default in compose":   {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker:\n" + image + "    environment:\n      CELERY_QUEUES: ${CELERY_QUEUES:-dataset,mail}\n"}, true},
		"command":              {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker:\n" + image + "    command: celery -A app.celery worker -Q dataset,mail\n"}, true},
		"entry point":          {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker:\n" + image + "    entrypoint: [\"bash\", \"-c\", \"celery worker --queues=dataset\"]\n"}, true},
		"env_file":             {map[string]string{".env": "A=1\n", "worker.env": "CELERY_QUEUES=dataset\n", "docker-compose.yaml": "services:\n  worker:\n" + image + "    env_file: [./worker.env]\n"}, true},
		"split, one has it":    {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker_a:\n" + image + "    environment: [CELERY_QUEUES=dataset]\n  worker_b:\n" + image + "    environment: [\"CELERY_QUEUES=mail,trace_export\"]\n"}, false},
		"split, none has it":   {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker_a:\n" + image + "    environment: [CELERY_QUEUES=dataset]\n  worker_b:\n" + image + "    environment: [CELERY_QUEUES=mail]\n"}, true},
		"one without a list":   {map[string]string{".env": "A=1\n", "docker-compose.yaml": "services:\n  worker:\n" + image + "  worker_b:\n" + image + "    environment: [CELERY_QUEUES=mail]\n"}, false},
	} {
		got := said(readNotes(t, inventedNotes, "90.2.0", "90.3.0", c.files))
		if has := slices.Contains(got, "error changelog/action"); has != c.lacks {
			t.Errorf("%s: findings %v, want an error of the queue: %v", name, got, c.lacks)
		}
	}
}
