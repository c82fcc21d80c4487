package server

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// hash is the hex SHA-256 of data.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// executable is a program as an archive, which alone keeps the right to run it. Nomad gives that right itself to a program that
// it has fetched for exec or raw_exec, but not to one that is to run in a container. The same program makes the same archive.
func executable(name string, program []byte) ([]byte, error) {
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(program))}); err != nil {
		return nil, err
	}
	if _, err := archive.Write(program); err != nil {
		return nil, err
	}
	err := archive.Close()
	return out.Bytes(), err
}
