# Compares base with each side: sh cmp-both.sh BASE OURS THEIRS
cmp "$1" "$2"
cmp "$1" "$3"
