package main

var ofMerge = []mutant{
	// Who is who.
	{
		"law1-side", "merge/merge.go", "func lawOne(same func(x, y int) bool, opt Options) int {",
		`return inTheirs`, `return inOurs`, "what theirs did alone is lost",
	},
	{
		"match-hash-only", "merge/keytable.go", "",
		`return bytes.Equal(t.probe, key)`, `return len(t.probe) == len(key)`, "keys of one hash are one key",
	},
	{
		"match-sorted", "merge/keytable.go", "",
		`if x.sorted && (len(x.rows) == 0 || bytes.Compare(last, key) < 0) {`, `if x.sorted && (len(x.rows) == 0 || bytes.Compare(last, key) <= 0) {`, "a key that stands twice in base goes unnoticed",
	},
	{
		"match-search", "merge/keytable.go", "",
		`if !found {`, `if !found && n == len(x.rows) {`, "a key that base lacks is taken for the next one",
	},
	{
		"match-key-moved", "merge/match.go", "",
		`if !w.alike || w.cursor == w.b.Len() || !bytes.Equal(w.v.Raw(j), w.b.Raw(w.cursor)) {`, `if w.cursor == w.b.Len() || !bytes.Equal(w.v.Raw(j), w.b.Raw(w.cursor)) {`, "equal bytes are one row where the key column moved",
	},
	{
		"match-lookup-same", "merge/match.go", "",
		`w.same[w.s][x.rec] = w.alike && bytes.Equal(w.v.Raw(int(x.rec)), w.b.Raw(int(x.base)))`, `w.same[w.s][x.rec] = w.alike`, "a row that was looked up counts as unchanged",
	},
	{
		"match-same-unpaired", "merge/match.go", "",
		`p.base[v][rec], p.same[v][rec] = none, false`, `p.base[v][rec] = none`, "a row of a key that stands twice counts as the one it was paired with first",
	},
	{
		"match-batch", "merge/keytable.go", "",
		`if of[i].base >= 0 && !t.has(of[i].base, of[i].key) {`, `if false {`, "of many keys looked up, those of one hash are one key",
	},
	{
		"match-duplicate", "merge/match.go", "",
		`case p.side[s][i] != none:`, `case false:`, "the last of rows with one key takes the place of all",
	},
	{
		"match-kept", "merge/match.go", "",
		`if t := p.side[inTheirs][b]; o >= 0 && t >= 0 {`, `if t := max(p.side[inTheirs][b], 0); o >= 0 {`, "a row that theirs deleted counts as kept",
	},
	{
		"rename-ambiguous", "merge/rename.go", "",
		`if len(fits) != 1 {`, `if len(fits) == 0 {`, "one of several possible renames is taken for certain",
	},
	{
		"rename-not-unique", "merge/rename.go", "",
		`if unique[id] == 1 && rankX[rec] == rankS[j] {`, `if rankX[rec] == rankS[j] {`, "a row like others counts as renamed",
	},
	{
		"rename-elsewhere", "merge/rename.go", "",
		`if unique[id] == 1 && rankX[rec] == rankS[j] {`, `if unique[id] == 1 && rankX[rec] >= 0 && rankS[j] >= 0 {`, "a row at another place counts as renamed",
	},
	{
		"rename-of-nothing", "merge/rename.go", "",
		`if id := m.valueID(s, j, inS); id != "" {`, `if id := m.valueID(s, j, inS); true {`, "a row without values counts as renamed",
	},
	{
		"rename-holds-both", "merge/rename.go", "",
		`both := m.rows.twinOf(s, r.new) >= 0 && m.rows.side[t][r.old] >= 0`, `both := false`, "a rename whose two keys the other side holds is believed",
	},
	{
		"mass-change", "merge/rename.go", "",
		`if gone := m.vanished[s]; gone > 0 && 2*gone > rows && m.appeared[s] >= gone {`, `if gone := m.vanished[s]; gone > 0 && gone > rows && m.appeared[s] >= gone {`, "nobody is warned of reformatted keys",
	},
	{
		"group-one-side", "merge/group.go", "",
		`if !m.groupChanged(g, inOurs) || !m.groupChanged(g, inTheirs) {`, `if !m.groupChanged(g, inOurs) && !m.groupChanged(g, inTheirs) {`, "one side's edit of a doubled key is a conflict",
	},
	{
		"group-queue", "merge/group.go", "",
		`waiting[id] = queue[1:]`, ``, "one of equal rows pairs with all",
	},
	// Columns.
	{
		"column-rename-half", "merge/columns.go", "",
		`return 2*equal > all`, `return 2*equal >= all`, "half of the cells, or none, make a rename certain",
	},
	{
		"column-rename-empty", "merge/columns.go", "",
		`return all > 0 && equal == all`, `return equal == all`, "an empty column is renamed to another empty one",
	},
	{
		"column-rename-beside", "merge/columns.go", "",
		`if m.hasToo(t, pos) && m.cols[c].in(t) {`, `if false {`, "a new name beside the old one is a rename",
	},
	{
		"column-repeated", "merge/columns.go", "func newHead(names []string) head {",
		`seen[name]++`, ``, "columns of one name are one column",
	},
	{
		"column-stays", "merge/layout.go", "func (m *merger) settleColumns() {",
		`c.stays = c.in(inOurs) && c.in(inTheirs)`, `c.stays = c.in(inOurs) || c.in(inTheirs)`, "a column that one side dropped stays",
	},
	{
		"column-name", "merge/layout.go", "",
		`case t == b || o == t:`, `case o == t:`, "a rename by ours alone is a conflict",
	},
	{
		"column-rank", "merge/layout.go", "",
		`ranks[i] = int32(r)`, `ranks[r] = i`, "columns stand in the inverse of the order asked for",
	},
	// Order.
	{
		"order-theirs", "merge/order.go", "",
		`far = max(far, ours[i], theirs[i])`, `far = max(far, ours[i])`, "moves of theirs cross the stretches of ours",
	},
	{
		"order-union", "merge/order.go", "",
		`if first != (ours[a] < ours[b]) || first != (theirs[a] < theirs[b]) {`, `if first != (ours[a] < ours[b]) && first != (theirs[a] < theirs[b]) {`, "rows turn round only if both sides turned them round",
	},
	{
		"order-contradiction", "merge/order.go", "",
		`ok := invR == union && discordant(o, rank) == invR-invO && discordant(t, rank) == invR-invT`, `ok := invR == union || discordant(o, rank) == invR-invO || discordant(t, rank) == invR-invT`, "a contradiction is sorted by chance, without a warning",
	},
	{
		"order-inversions", "merge/order.go", "",
		`n += len(low)`, `n++`, "turned pairs are counted short",
	},
	{
		"runs-symmetry", "merge/order.go", "",
		`swapped := slices.CompareFunc(a, b, compare) > 0`, `swapped := false`, "the alignment of two runs depends on the sides",
	},
	{
		"runs-smaller-first", "merge/order.go", "",
		`if slices.CompareFunc(a[i:i1], b[j:j1], compare) <= 0 {`, `if true {`, "not the smaller of two rests comes first",
	},
	// Alignment of lines.
	{
		"pair-greedy", "merge/align.go", "",
		`best = max(best, *at(i+1, j+1)+l)`, `best = *at(i+1, j+1) + l`, "a pairing of lines need not be the best",
	},
	{
		"pair-half", "merge/align.go", "",
		`if 2*(prefix+suffix) <= long {`, `if 2*(prefix+suffix) < long {`, "half a line in common makes an edited line",
	},
	{
		"pair-overlap", "merge/align.go", "",
		`for suffix < short-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {`, `for suffix < short && a[len(a)-1-suffix] == b[len(b)-1-suffix] {`, "prefix and suffix share bytes",
	},
	{
		"lcs-overlap", "merge/align.go", "func lcs(a, b []int32) []match {",
		`for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {`, `for tail < len(a) && tail < len(b) && a[len(a)-1-tail] == b[len(b)-1-tail] {`, "common start and end share items",
	},
	{
		"lcs-repeated", "merge/align.go", "",
		`case once && onceB:`, `case once || onceB:`, "lines that one side repeats pass as permutations",
	},
	{
		"lcs-increasing", "merge/align.go", "func longestIncreasing(seq []int32) []bool {",
		`if n > 0 {`, `if n > 1 {`, "an increasing subsequence loses its first item",
	},
	{
		"lcs-end", "merge/align.go", "func (d *differ) compare(x box) {",
		`d.found = append(d.found, match{x.a1 + i, x.b1 + i})`, `d.found = append(d.found, match{x.a1 - i, x.b1 - i})`, "the common end is matched backwards",
	},
	// Comments and what stands around rows.
	{
		"lead-edit-vs-delete", "merge/lead.go", "",
		`case o.rec < 0 && !t.edited, t.rec < 0 && !o.edited:`, `case o.rec < 0, t.rec < 0:`, "a comment edited here and deleted there is lost",
	},
	{
		"lead-slot", "merge/lead.go", "",
		`slot = at[x.line] + 1`, `slot = at[x.line]`, "new lines stand above the comment that they stood below",
	},
	{
		"lead-twice", "merge/lead.go", "",
		`l.placed[t] = true`, ``, "a row that both sides added in two places stands twice",
	},
	{
		"lead-agreed", "merge/lead.go", "",
		`case !l.touched(inOurs, rec):`, `case l.touched(inOurs, rec):`, "theirs' edit of a comment is lost",
	},
	{
		"lead-kind", "merge/lead.go", "",
		`if b.kind != x.kind {`, `if false {`, "a row without a key is an edit of a comment",
	},
	{
		"lead-padded", "merge/line.go", "",
		`return m.numberOf(kind, m.said(v, rec, kind))`, `return m.lineID(v, rec, kind)`, "padding a comment is an edit",
	},
	{
		"lead-edit-before-form", "merge/lead.go", "func (l *leadMerge) standing(o, t lineFate, rec triple) int {",
		`case o.edited && !t.edited:`, `case false:`, "ours' edit of a comment gives way to theirs' padding of it",
	},
	{
		"lead-quoted", "merge/line.go", "",
		`if csvrows.Field(text).Quoted() {`, `if false {`, "quotes of a comment are part of what it says",
	},
	{
		"comment-of-base", "merge/fate.go", "",
		`if m.in[d].Kind(i) != csvrows.Comment || elsewhere[string(m.said(d, int32(i), csvrows.Comment))] || edited[int32(i)] {`,
		`if m.in[d].Kind(i) != csvrows.Comment || edited[int32(i)] {`, "an old comment passes as the row commented out",
	},
	{
		"comment-edited", "merge/fate.go", "",
		`if m.in[d].Kind(i) != csvrows.Comment || elsewhere[string(m.said(d, int32(i), csvrows.Comment))] || edited[int32(i)] {`,
		`if m.in[d].Kind(i) != csvrows.Comment || elsewhere[string(m.said(d, int32(i), csvrows.Comment))] || edited[none] {`, "an edited comment passes as the row commented out",
	},
	// Rows and cells.
	{
		"delete-unmodified", "merge/fate.go", "",
		`if !renamed && !m.modified(k, b, j) {`, `if !renamed {`, "a row edited here and deleted there is lost",
	},
	{
		"delete-mirror", "merge/fate.go", "",
		`if f.deleter == inTheirs {`, `if f.deleter == inOurs {`, "delete_modify and modify_delete are swapped",
	},
	{
		"cell-add-add", "merge/row.go", "",
		`oursChanged, theirsChanged = true, true`, `oursChanged, theirsChanged = len(vo) > 0, len(vt) > 0`, "a row that both added takes the cell that is not empty",
	},
	{
		"cell-merge3", "merge/row.go", "func merge3(b, o, t bool) bool {",
		`if o == b {`, `if o != b {`, "a change of form is undone",
	},
	{
		"cell-quoted-new", "merge/row.go", "",
		`quoted := o.raw.Quoted() || t.raw.Quoted()`, `quoted := o.raw.Quoted() && t.raw.Quoted()`, "quotes of one side's new cell go",
	},
	{
		"cell-choice", "merge/row.go", "",
		`case okO && okT && !b.same(t) && r.lessForm(t.raw, o.raw):`, `case false:`, "two forms of one value are chosen by side",
	},
	{
		"cell-plain-form", "merge/row.go", "func (m *merger) lessForm(x, y csvrows.Field) bool {",
		`if bytes.Equal(x, made) || bytes.Equal(y, made) {`, `if false {`, "an odd spelling takes the place of the one that a merge writes",
	},
	{
		"cell-unnamed", "merge/row.go", "",
		`n = max(n, len(r.fields[v])-len(r.in[v].names))`, `n = max(n, len(r.fields[v])-len(r.in[v].names)-1)`, "the last field without a column is lost",
	},
	{
		"cell-absent", "merge/composed.go", "func (m *merger) appendRow(dst []byte, v int) []byte {",
		`if cells[i].as(v).present {`, `if len(cells[i].as(v).raw) > 0 {`, "empty fields at the end of a row go",
	},
	{
		"cell-granularity", "merge/row.go", "",
		`case r.clash || oursChanged && theirsChanged:`, `case oursChanged && theirsChanged:`, "granularity row is that of cells",
	},
	{
		"cell-sum-twice", "merge/row.go", "",
		`if bytes.Equal(vo, vt) && oursChanged && theirsChanged && r.policies[c.label].rule == "sum" {`, `if false {`, "the same change twice is summed once",
	},
	// Settling.
	{
		"policy-sum", "merge/policy.go", "",
		`s.digits.Sub(&s.digits, b.at(s.scale))`, ``, "base counts twice in a sum",
	},
	{
		"policy-min", "merge/policy.go", "",
		`order = -order`, ``, "min is max",
	},
	{
		"policy-decimal", "merge/policy.go", "",
		`if pad := d.scale + 1 - len(text); pad > 0 {`, `if pad := d.scale - len(text); pad > 0 {`, "a sum below one loses its zero",
	},
	{
		"policy-sign", "merge/policy.go", "",
		`if len(s)-len(unsigned) > 1 {`, `if len(s)-len(unsigned) > 2 {`, "--1 is a number",
	},
	{
		"policy-union", "merge/policy.go", "",
		`if inO[x] && inT[x] {`, `if inO[x] || inT[x] {`, "a removed item comes back",
	},
	{
		"policy-newer-equal", "merge/policy.go", "",
		`case !ok || order == 0:`, `case !ok:`, "of equal stamps theirs is newer",
	},
	{
		"settle-order", "merge/settle.go", "",
		`if v.side == NoSide && m.opt.Strategy != Fail {`, `if m.opt.Strategy != Fail {`, "the strategy overrules policies",
	},
	{
		"settle-count", "merge/settle.go", "func (m *merger) report(c Conflict) {",
		`if c.Settled == "" {`, `if c.Settled != "" {`, "settled conflicts stand",
	},
	{
		"id-unordered", "merge/conflict.go", "func (k ConflictKind) unordered() ConflictKind {",
		`return KindDeleteModify`, `return k`, "a mirrored conflict has another id",
	},
	{
		"id-joined", "merge/conflict.go", "",
		`b = binary.AppendUvarint(b, uint64(len(p)))`, `_ = binary.AppendUvarint(b, uint64(len(p)))`, "column ab of key c and column a of key bc have one id",
	},
	{
		"id-occurrence", "merge/values.go", "",
		`m.seenIDs[id]++`, ``, "two conflicts have one id",
	},
	{
		"key-given-part", "merge/row.go", "",
		`v.value = KeyOf(v.value, len(r.keyNames))[slices.Index(r.in[inBase].key, c.pos[inBase])]`, `v.value = KeyOf(v.value, len(r.keyNames))[0]`, "a key that is given has its first value in all columns",
	},
	{
		"key-given-lone", "merge/row.go", "",
		`if f := r.fates[r.rows.base[k][r.rec[k]]]; f != nil && f.verdict.side == Neither {`, `if f := r.fates[r.rows.base[k][r.rec[k]]]; f != nil && f.verdict.side == NoSide {`, "a key that is given to a row that one side deleted is forgotten",
	},
	{
		"key-given-empty", "merge/settle.go", "",
		`fits = slices.ContainsFunc(KeyOf(r.Value, len(m.keyNames)), func(v string) bool { return v != "" })`, `fits = KeyOf(r.Value, len(m.keyNames)) != nil`, "an empty key is taken for one",
	},
	{
		"key-given-lines", "merge/conflict.go", "",
		`if err != nil || f.Len() != 1 || len(f.LineEnd(0)) > 0 {`, `if err != nil || f.Len() == 0 {`, "of two lines the first is taken for the key",
	},
	// Output.
	{
		"marker-growth", "merge/block.go", "",
		`m.markers = max(m.markers, m.longestMarker()+1)`, `m.markers = max(m.markers, m.longestMarker())`, "a line of the file looks like a marker",
	},
	{
		"marker-shared", "merge/block.go", "",
		`for j < n-i && bytes.Equal(o[len(o)-1-j].text, t[len(t)-1-j].text) {`, `for j < n && bytes.Equal(o[len(o)-1-j].text, t[len(t)-1-j].text) {`, "zdiff3 counts a shared line as head and as tail",
	},
	{
		"end-base", "merge/form.go", "func (m *merger) mergeEnds(e [3][]byte, t triple) []byte {",
		`case bytes.Equal(o, b):`, `case bytes.Equal(o, o):`, "ours' change of a line end is undone",
	},
	{
		"end-conversion", "merge/form.go", "",
		`if uniform[s] && differs(s, ends[inBase]) && (to == nil || bytes.Compare(ends[s], to) < 0) {`, `if false {`, "a converted file keeps old line ends",
	},
	{
		"end-final", "merge/write.go", "",
		`if w.open && (w.form.final || w.must) {`, `if w.open {`, "a file without a final newline gets one",
	},
	{
		"end-neighbour", "merge/write.go", "func (w *writer) neighbour(end []byte) []byte {",
		`return w.latest`, `return w.form.fallback`, "a record without line end takes the first, not its neighbour's",
	},
	{
		"bom-dropped", "merge/form.go", "",
		`boms[v] = attribute{len(in.Bytes()) > 0, in.BOM()}`, `boms[v] = attribute{in.BOM(), in.BOM()}`, "a dropped byte-order mark comes back",
	},
	{
		"header-above", "merge/header.go", "",
		`m.header.kept = m.header.kept && m.header.rec[v] >= 0`, `m.header.kept = m.header.kept && (v == inTheirs || m.header.rec[v] >= 0)`, "a header that theirs lacks is kept",
	},
	{
		"header-unchecked", "merge/merger.go", "",
		`m.checkHeader()`, ``, "a result is read with another header than it has",
	},
	{
		"header-below-comment", "merge/lead.go", "func (l *leadMerge) compareItems(x, y [2]leadItem) int {",
		`if c := cmp.Compare(l.in[w].Kind(int(recY)), l.in[v].Kind(int(recX))); c != 0 {`, `if c := cmp.Compare(0, 0); c != 0 {`, "a header and a comment of the same bytes stand as the sides do",
	},
	{
		"block-cr", "merge/block.go", "func (m *merger) emitBlock(b block) {",
		`m.w.behindCR = m.endsInCR(o, above) || m.endsInCR(t, above)`, `m.w.behindCR = m.endsInCR(o, above) && m.endsInCR(t, above)`, "a blank line below a block is lost where a lone CR stands above it",
	},
	{
		"group-tie", "merge/group.go", "",
		`if cmp.Or(m.compareTexts(inTheirs, g.recs[inTheirs], inOurs, g.recs[inOurs]), slices.Compare(m.in[inTheirs].names, m.in[inOurs].names)) < 0 {`,
		`if cmp.Or(m.compareTexts(inTheirs, g.recs[inTheirs], inOurs, g.recs[inOurs]), 0) < 0 {`, "equal bytes of a doubled key in different columns pair up by side",
	},
	{
		"write-chunk", "merge/output.go", "",
		`p.spans, p.taken = p.spans[1:], 0`, `p.spans = p.spans[1:]`, "the beginning of a span is not written",
	},
	// The list of changes.
	{
		"changes-both", "merge/changes.go", "func who(ours, theirs bool) Side {",
		`case ours && theirs:`, `case ours && !theirs:`, "a change is said to be of both",
	},
	{
		"changes-added-twice", "merge/changes.go", "",
		`if s == inTheirs && t[inOurs] >= 0 {`, `if false {`, "a row that both added is listed twice",
	},
	{
		"changes-moves", "merge/changes.go", "func (l *changeLister) moves() bool {",
		`if stays[i] {`, `if !stays[i] {`, "rows that stayed are listed as moved",
	},
	{
		"changes-comment", "merge/changes.go", "",
		`if t[inBase] >= 0 && agrees(inBase) || kind == csvrows.Blank {`, `if t[inBase] >= 0 || kind == csvrows.Blank {`, "edited and deleted comments are not listed",
	},
	{
		"json-invalid-utf8", "merge/json.go", "",
		`func notUTF8(s string) bool { return !utf8.ValidString(s) }`, `func notUTF8(s string) bool { return utf8.ValidString(s) && false }`, "bytes that are not UTF-8 are written as text",
	},
	{
		"json-controls", "merge/json.go", "",
		`return c < ' ' || c == '"' || c == '\\' || c >= 0x7f && c <= 0x9f || c == '\u2028' || c == '\u2029'`, `return c < ' ' || c == '"' || c == '\\'`, "controls that terminals obey are written as they are",
	},
	// The merge by difference.
	{
		"reduce-look-ahead", "merge/reducer.go", "",
		`if !ok || end >= stop {`, `if !ok || end > stop {`, "base's last row is taken for the start of a side's longer one",
	},
	{
		"reduce-lone-cr", "merge/reducer.go", "",
		`func endsInLF(raw []byte) bool { return raw[len(raw)-1] == '\n' }`, `func endsInLF(raw []byte) bool { return raw[len(raw)-1] != 0 }`, "a blank line behind a lone CR is lost",
	},
	{
		"reduce-keys", "merge/reducer.go", "",
		`case !less(r.lastKey, key):`, `case false:`, "keys that stand twice in rows left out go unnoticed",
	},
	{
		"reduce-keys-of-parts", "merge/reduce.go", "",
		`if !hash && last != nil && p.firstKey != nil && bytes.Compare(last, p.firstKey) >= 0 {`, `if last != nil && bytes.Compare(last, p.firstKey) > 0 && false {`, "keys that stand twice, in two parts, go unnoticed",
	},
	{
		"reduce-twice", "merge/rowtable.go", "",
		`return false`, `_ = 0`, "keys in no order that stand twice go unnoticed",
	},
	{
		"sketch-copy", "merge/sketch.go", "",
		`if key := m.key(s, j); !m.inOrder(above, key) && m.leftOut(key) {`, `if key := m.key(s, j); m.leftOut(key) && false {`, "a copy of a row left out is a row of its own",
	},
	{
		"sketch-move", "merge/sketch.go", "",
		`if b < last {`, `if b < last && false {`, "rows that moved are counted without those left out",
	},
	{
		"sketch-anchor-twice", "merge/sketch.go", "",
		`if len(m.rows.duplicates) > 0 && m.rows.duplicates[string(m.key(inBase, b))] {`, `if m.rows.duplicates[string(m.key(inBase, b))] && false {`, "a copy of an anchor stands behind what is left out",
	},
	{
		"sketch-rename", "merge/rename.go", "",
		`if m.sketch != nil && len(fits) > 0 {`, `if false {`, "a row like others that are left out counts as renamed",
	},
	{
		"sketch-lines", "merge/sketch.go", "",
		`line += x.sketch.linesAbove(x.number, x.Offset(rec))`, `line += 0`, "lines are those of the sketch",
	},
	{
		"sketch-line-ends", "merge/form.go", "",
		`if end == nil || m.sketch != nil && !m.sketch.ends.are(end) {`, `if end == nil {`, "a file counts as converted though most rows were not",
	},
	{
		"splice-one-field", "merge/splice.go", "",
		`case x.to > y.from || bytes.IndexByte(b[x.to:y.from], delim) < 0:`, `case x.to > y.from:`, "two edits of one cell are put together",
	},
	{
		"splice-quotes", "merge/splice.go", "",
		`if q := bytes.IndexByte(b, '"'); q >= 0 && (q < y.to || bytes.IndexByte(b[y.to:q], delim) < 0) {`, `if q := bytes.IndexByte(b, '"'); q > len(b) {`, "two edits of one quoted cell are put together",
	},
	{
		"splice-clash-key", "merge/splice.go", "",
		`if col.isKey || len(m.policies) > 0 { // a policy may look at other fields`, `if len(m.policies) > 0 {`, "two renames of a row are a conflict of a cell",
	},
	{
		"ahead-conflicts", "merge/ahead.go", "",
		`a.told += row.conflicts`, ``, "a conflict is told in place of another one",
	},
	{
		"ahead-warnings", "merge/ahead.go", "",
		`if m.err != nil || len(m.res.Warnings) > 0 {`, `if m.err != nil {`, "a warning of a row is lost",
	},
	{
		"match-starts-alike", "merge/match.go", "",
		`if len(same) == 0 || same[0] == '"' || bytes.IndexByte(same, w.v.Delimiter()) <= 0 {`, `if len(same) == 0 {`, "keys that start alike are one key",
	},
	{
		"large-vain-place", "merge/reduce.go", "",
		`x.taken = int32(min(2, len(starts)))`, `x.taken = 1`, "what differs in one place is taken for most of the files",
	},
	{
		"large-vain-memory", "merge/window.go", "",
		`roomy:  memory/2 >= size,`, `roomy:  true,`, "a merge of files that do not fit in memory is given up early",
	},
	{
		"large-window", "merge/window.go", "",
		`c.off += c.pos`, `c.off += 0`, "windows are read from the wrong place",
	},
	{
		"large-short", "merge/output.go", "",
		`case err == io.EOF:`, `case false:`, "a file that became shorter is the end of the result",
	},
}
