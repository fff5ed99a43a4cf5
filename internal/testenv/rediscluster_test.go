package testenv_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/internal/testenv"
)

func TestRedisCluster_EmptyForEachTest(t *testing.T) {
	for range 2 {
		o, err := redis.ParseClusterURL(testenv.RedisCluster(t))
		if err != nil {
			t.Fatal(err)
		}
		c := redis.NewClusterClient(o)
		for _, key := range []string{"a", "b", "c"} { // one on each master
			if n := c.Incr(t.Context(), key).Val(); n != 1 {
				t.Errorf("%s is %d after one increment", key, n)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
