package store

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dynomad/dynomad"
)

// sealPrefix names the way a text was sealed, so that another way can come beside it: AES-256-GCM with a random nonce in
// front, in base64. GCM's random nonces are safe for some four thousand million texts under one key.
const sealPrefix = "gcm1:"

// keyCheck is the setting that says whether the key fits.
const keyCheck = "config.key"

// sealer seals and opens texts with the config key. What a text belongs to is sealed in with it, so that one app's or one
// version's values cannot be put in the place of another's.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	if len(key) != 32 {
		return sealer{}, dynomad.Errorf(dynomad.KindInvalid, "the config key has %d bytes instead of 32", len(key)).
			WithHint("restore keys/config.key from its backup; without it no config value can be read")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("use the config key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("use the config key: %w", err)
	}
	return sealer{aead: aead}, nil
}

func (s sealer) seal(plain []byte, belongsTo string) string {
	return sealPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(belongsTo)))
}

func (s sealer) open(sealed, belongsTo string) ([]byte, error) {
	text, ok := strings.CutPrefix(sealed, sealPrefix)
	if !ok {
		return nil, dynomad.Errorf(dynomad.KindInternal, "a sealed value is of a kind that this version does not know")
	}
	bytes, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "a sealed value is damaged: %w", err)
	}
	plain, err := s.aead.Open(nil, nil, bytes, []byte(belongsTo))
	if err != nil {
		return nil, dynomad.Errorf(dynomad.KindInternal, "a sealed value does not open with this config key: %w", err).
			WithHint("restore the keys/config.key that belongs to this database")
	}
	return plain, nil
}

// checkKey refuses a key other than the one that this database was made with, before a value is sealed with the wrong one.
func (tx *Tx) checkKey() error {
	sealed, err := tx.Setting(keyCheck)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return tx.PutSetting(keyCheck, tx.seal.seal([]byte("fits"), keyCheck))
	}
	if err != nil {
		return err
	}
	_, err = tx.seal.open(sealed, keyCheck)
	return err
}

// sealConfig and openConfig carry a config's values to and from their column.
func (s sealer) sealConfig(app dynomad.AppID, version int64, values dynomad.Config) (string, error) {
	plain, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode a config: %w", err)
	}
	return s.seal(plain, configName(app, version)), nil
}

func (s sealer) openConfig(app dynomad.AppID, version int64, sealed string) (dynomad.Config, error) {
	plain, err := s.open(sealed, configName(app, version))
	if err != nil {
		return nil, err
	}
	values := dynomad.Config{}
	if err := json.Unmarshal(plain, &values); err != nil {
		return nil, fmt.Errorf("decode a config: %w", err)
	}
	return values, nil
}

// configName is what a sealed config belongs to. An app's id is a UUID, so the colon divides.
func configName(app dynomad.AppID, version int64) string {
	return fmt.Sprintf("config:%s:%d", app, version)
}
