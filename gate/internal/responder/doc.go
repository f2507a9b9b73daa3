// Package responder tells who answered an HTTP request, by what the answer
// looks like: Dify's API, its web front end, its plugin daemon, a proxy in
// front of them or an edge in front of those.
//
// [Identify] is pure. It goes through an explicit list of fingerprints, from
// those that only the origin can leave (X-Version) to those that any hop on the
// way may add (Server); the first that matches decides. Each says what it saw,
// so that an operator can check it by hand.
//
// The fingerprints were measured on Dify 0.15.0 to 1.16.0's own error code and
// on nginx, Apache, Caddy, HAProxy, Next.js, gin, net/http and FastAPI; those of
// the clouds and of Envoy, Kong and Traefik are what their documentation and
// sources say.
//
// Answers are hostile input: no more than 64 KiB of a body is looked at, and
// what is quoted of it is short and printable.
package responder
