#!/bin/sh
# Run the kernels under the address, undefined-behaviour and thread sanitizers, and under valgrind
# where it is installed; the last line is "clean" if nothing was found. Takes some minutes.
#
#   sh tests/native/sanitize.sh [folder for what is built]
set -e
here=$(cd "$(dirname "$0")" && pwd)
source=$here/../../jaxrnn/native/src
out=${1:-$(mktemp -d)}
CXX=${CXX:-g++}
files="$here/sanitize.cc $source/machine.cc $source/team.cc"
kernels="portable avx2 avx512"

build() {  # build NAME FLAGS...
    name=$1; shift
    objects=
    for machine in $kernels; do
        "$CXX" -std=c++17 -Wno-psabi -I"$source" "$@" -c "$source/kernels_$machine.cc" -o "$out/$name-$machine.o"
        objects="$objects $out/$name-$machine.o"
    done
    "$CXX" -std=c++17 -Wno-psabi -I"$source" "$@" $files $objects -pthread -o "$out/$name"
}

echo "address and undefined behaviour"
build memory -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
"$out/memory"
echo "threads"
build threads -O1 -g1 -fsanitize=thread
"$out/threads"
if command -v valgrind > /dev/null; then
    echo "valgrind (without AVX-512, which it does not know)"
    build plain -O1 -g1
    valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite "$out/plain"
fi
echo clean
