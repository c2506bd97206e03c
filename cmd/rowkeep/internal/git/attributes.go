package git

import "bytes"

// AttributeLine is what makes git treat files as rowkeep's.
const AttributeLine = "*.csv merge=rowkeep diff=rowkeep"

// newAttributes is a file of attributes that install makes, where there is none. Whoever
// uninstalls knows by its bytes that it may go as a whole.
const newAttributes = "# rowkeep git install\n" + AttributeLine + "\n"

const byteOrderMark = "\ufeff"

// AddAttributes returns a file of attributes with rowkeep's line in it; it is the same if
// the line is there. The line comes first: of several that match a file, git obeys the
// last, so that whatever somebody wrote for his files still counts.
func AddAttributes(data []byte) []byte {
	if data == nil {
		return []byte(newAttributes)
	}
	if hasLine(data) {
		return data
	}
	rest, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	line := AttributeLine + "\n"
	if marked {
		line = byteOrderMark + line
	}
	return append([]byte(line), rest...)
}

// RemoveAttributes returns a file of attributes without rowkeep's line, and nil for one
// that install has made.
func RemoveAttributes(data []byte) []byte {
	if string(data) == newAttributes {
		return nil
	}
	rest, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	kept := []byte{}
	if marked {
		kept = append(kept, byteOrderMark...)
	}
	for line := range bytes.Lines(rest) {
		if !isOurs(line) {
			kept = append(kept, line...)
		}
	}
	return kept
}

func hasLine(data []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte(byteOrderMark))) {
		if isOurs(line) {
			return true
		}
	}
	return false
}

func isOurs(line []byte) bool { return string(bytes.TrimRight(line, "\r\n")) == AttributeLine }
