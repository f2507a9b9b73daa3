package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/dify-gate/dify-gate/gate/internal/celerywire"
)

// celeryInspectCommands are what `inspect: true` opts into, beyond reading:
// a list for the answers is announced, read, and removed again.
func celeryInspectCommands() []string {
	return []string{"sadd", "srem", "publish", "brpop", "del"}
}

// inspectWait bounds the wait for the answers of the workers.
const inspectWait = 5 * time.Second

// ask has every worker say which queues it consumes.
func (l celeryInspection) ask(ctx context.Context, broker *client, seen *workersSeen) {
	wait := min(inspectWait, l.timeout*2/3)
	id := requestID()
	req := celerywire.ActiveQueues(l.source.Target.DB, l.spec.KeyPrefix, id, l.now().Add(wait))
	client := broker.client
	if err := client.SAdd(ctx, req.BindingKey, req.BindingMember).Err(); err != nil {
		seen.err = errors.New("the request cannot be announced: " + broker.failure(ctx, err).Text)
		return
	}
	defer func() {
		// Also when the time is up: nothing of the request may stay behind.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_, _ = client.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.SRem(ctx, req.BindingKey, req.BindingMember)
			p.Del(ctx, req.Reply)
			return nil
		})
	}()
	receivers, err := client.Publish(ctx, req.Channel, req.Message).Result()
	if err != nil {
		seen.err = errors.New("the request cannot be sent: " + broker.failure(ctx, err).Text)
		return
	}
	seen.asked = true
	for deadline := l.now().Add(wait); receivers > 0 && l.now().Before(deadline); receivers-- {
		left := max(1, int(deadline.Sub(l.now()).Seconds()))
		reply, err := l.reply(ctx, broker, req.Reply, left)
		if err != nil || len(reply) != 2 {
			break
		}
		if worker, queues, ok := celerywire.ParseReply(reply[1]); ok {
			seen.workers[worker] = 0
			for _, q := range queues {
				seen.consumed[q] = true
			}
		}
	}
	if receivers > 0 {
		seen.err = fmt.Errorf("%d of those that listen for remote control did not answer within %s", receivers, wait)
	}
}

// reply waits for one answer, in whole seconds as old servers want it.
func (l celeryInspection) reply(ctx context.Context, broker *client, list string, seconds int) ([]string, error) {
	cmd := redis.NewStringSliceCmd(ctx, "brpop", list, strconv.Itoa(seconds))
	err := broker.client.Process(ctx, cmd)
	return cmd.Val(), err
}

// requestID is a random name that no other request has.
func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return "gate-" + hex.EncodeToString(b)
}
