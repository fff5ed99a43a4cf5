package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// Settings keeps what operators set for every dispatcher of the installation. It
// outlives them all. While it cannot be reached its methods are
// fault.Unavailable.
type Settings interface {
	// Policy is the policy that was set; nil where none is.
	Policy(ctx context.Context) (*wire.PolicySetting, error)
	SetPolicy(ctx context.Context, s wire.PolicySetting) error
	ResetPolicy(ctx context.Context) error
}

// Switch lets operators change the policy while trips are served. What they set
// goes to the settings, and from there to every dispatcher, this one included;
// where nobody has set anything, dispatchers go by their configuration.
type Switch struct {
	dispatcher *Dispatcher
	configured Regime
	settings   Settings
	log        *slog.Logger

	mu  sync.Mutex // guards set
	set *wire.PolicySetting
}

// NewSwitch makes the switch of a dispatcher, whose regime now is the configured
// one.
func NewSwitch(d *Dispatcher, settings Settings, log *slog.Logger) *Switch {
	return &Switch{dispatcher: d, configured: d.Regime(), settings: settings, log: log}
}

// Configured is what is in force where nobody has set anything.
func (s *Switch) Configured() wire.Policy { return s.configured.Public() }

// InForce is the policy that was set last; nil: the configured one. While the
// settings cannot be reached the last known ones hold.
func (s *Switch) InForce(ctx context.Context) (*wire.PolicySetting, error) {
	setting, err := s.settings.Policy(ctx)
	if fault.Is(err, fault.Unavailable) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.set, nil
	}
	return setting, err
}

// Check is fault.Invalid where the policy is not accepted.
func (s *Switch) Check(p wire.Policy) error { return RegimeOf(p).Validate() }

// Set puts a policy into force, everywhere. A value that is not accepted is
// fault.Invalid.
func (s *Switch) Set(ctx context.Context, p wire.Policy, by string, at time.Time) (*wire.PolicySetting, error) {
	regime := RegimeOf(p)
	if err := regime.Validate(); err != nil {
		return nil, err
	}
	setting := wire.PolicySetting{Policy: regime.Public(), SetBy: by, SetAt: at.UTC()}
	if err := s.settings.SetPolicy(ctx, setting); err != nil {
		return nil, err
	}
	s.log.Info("the policy was set", "by", by, "policy", setting.Policy)
	return &setting, nil
}

// Reset puts the configured policies into force again.
func (s *Switch) Reset(ctx context.Context, by string) error {
	if err := s.settings.ResetPolicy(ctx); err != nil {
		return err
	}
	s.log.Info("the policy was reset to the configured one", "by", by)
	return nil
}

// Hear takes in what was set; nil where nothing is. It does not block. What is
// not accepted, by a newer version of the program perhaps, changes nothing.
func (s *Switch) Hear(set *wire.PolicySetting) {
	regime := s.configured
	if set != nil {
		regime = RegimeOf(set.Policy)
	}
	before := s.dispatcher.Regime()
	if err := s.dispatcher.SetRegime(regime); err != nil {
		s.log.Warn("the policy that was set is not understood here; the one before stays in force", "by", set.SetBy, "err", err)
		return
	}
	s.mu.Lock()
	s.set = set
	s.mu.Unlock()
	if regime != before {
		s.log.Info("another policy is in force", "policy", regime.Public())
	}
}
