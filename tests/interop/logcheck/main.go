// Logcheck checks a published log with golang.org/x/mod/sumdb, which is not ours.
//
//	logcheck log DIR KEY...     every entry, tile and signature, and proofs from the tiles
//	logcheck proof FILE KEY...  one tlog-proof
//	logcheck open FILE KEY...   one note
//	logcheck sign NAME FILE     a new key; prints both its spellings, then FILE as a note
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	commands := map[string]func([]string) error{
		"log": checkLog, "proof": checkProof, "open": openFile, "sign": sign,
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// A cosigner verifies cosignature/v1 (C2SP tlog-cosignature), which sumdb/note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newVerifier(spelled string) (note.Verifier, error) {
	parts := strings.SplitN(spelled, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return note.NewVerifier(spelled)
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(key)))
	if fmt.Sprintf("%x", sum[:4]) != parts[1] {
		return nil, errors.New("another key's id")
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}, nil
}

// open returns the note's text if every one of the keys has signed it.
func open(data []byte, keys []string) (string, error) {
	var known []note.Verifier
	for _, spelled := range keys {
		verifier, err := newVerifier(spelled)
		if err != nil {
			return "", err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return "", err
	}
	if len(opened.Sigs) != len(keys) || len(opened.UnverifiedSigs) != 0 {
		return "", fmt.Errorf("%d of %d keys signed, and %d others",
			len(opened.Sigs), len(keys), len(opened.UnverifiedSigs))
	}
	return opened.Text, nil
}

// openTree returns the tree that a checkpoint tells. tlog.ParseTree knows one origin alone.
func openTree(data []byte, keys []string) (tree tlog.Tree, err error) {
	text, err := open(data, keys)
	if err != nil {
		return tree, err
	}
	origin, rest, _ := strings.Cut(text, "\n")
	if origin != strings.Split(keys[0], "+")[0] {
		return tree, errors.New("another log's checkpoint")
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) (found []tlog.Hash, err error) {
	for _, index := range indexes {
		found = append(found, h[index])
	}
	return found, nil
}

type files string

func (dir files) read(tile tlog.Tile) ([]byte, error) {
	// tlog's paths tell the height, and call entries data.
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	return os.ReadFile(filepath.Join(string(dir), path))
}

func (dir files) Height() int                     { return height }
func (dir files) SaveTiles([]tlog.Tile, [][]byte) {}
func (dir files) ReadTiles(tiles []tlog.Tile) (found [][]byte, err error) {
	for _, tile := range tiles {
		data, err := dir.read(tile)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// readEntries returns the hashes that tlog stores of a log with the entries of all bundles.
func readEntries(dir files, size int64) (stored hashes, err error) {
	for n := int64(0); n<<height < size; n++ {
		tile := tlog.Tile{H: height, L: -1, N: n, W: 1 << height}
		if left := size - n<<height; left < int64(tile.W) {
			tile.W = int(left)
		}
		data, err := dir.read(tile)
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut off", tile.Path())
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			more, err := tlog.StoredHashes(n<<height+int64(i), data[2:end], stored)
			if err != nil {
				return nil, err
			}
			stored, data = append(stored, more...), data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("%s holds more", tile.Path())
		}
	}
	return stored, nil
}

func checkLog(args []string) error {
	dir, keys := files(args[0]), args[1:]
	data, err := os.ReadFile(filepath.Join(args[0], "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openTree(data, keys)
	if err != nil {
		return err
	}
	stored, err := readEntries(dir, tree.N)
	if err != nil {
		return err
	}
	if root, err := tlog.TreeHash(tree.N, stored); err != nil || root != tree.Hash {
		return fmt.Errorf("the root is another: %v", err)
	}
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		last := tree.N >> (height * tile.L) // NewTiles tells the tiles of smaller trees too
		if tile.W < 1<<height && tile.N<<height+int64(tile.W) != last {
			continue
		}
		want, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		if got, err := dir.read(tile); err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("%s is another: %v", tile.Path(), err)
		}
	}
	return checkProofs(tree, tlog.TileHashReader(tree, dir), stored)
}

// checkProofs proves entries and earlier trees from the tiles alone.
func checkProofs(tree tlog.Tree, tiles tlog.HashReader, stored hashes) error {
	for _, n := range []int64{0, 1, 2, 3, 255, 256, 257, tree.N / 3, tree.N / 2, tree.N - 2, tree.N - 1} {
		if n < 0 || n >= tree.N {
			continue
		}
		record, err := tlog.ProveRecord(tree.N, n, tiles)
		if err != nil {
			return err
		}
		leaf := stored[tlog.StoredHashIndex(0, n)]
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, n, leaf); err != nil {
			return err
		}
		old, err := tlog.TreeHash(n+1, stored)
		if err != nil {
			return err
		}
		growth, err := tlog.ProveTree(tree.N, n+1, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, n+1, old); err != nil {
			return err
		}
	}
	fmt.Printf("OK %d entries\n", tree.N)
	return nil
}

func checkProof(args []string) error {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	head, rest, _ := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a proof")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	tree, err := openTree([]byte(rest), args[1:])
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("OK %d %s\n", index, entry)
	return nil
}

func openFile(args []string) error {
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	text, err := open(data, args[1:])
	fmt.Print(text)
	return err
}

func sign(args []string) error {
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	secret, public, err := note.GenerateKey(rand.Reader, args[0])
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	fmt.Printf("%s\n%s\n%s", secret, public, signed)
	return err
}
