#!/usr/bin/env bash
# Installs the system libraries that the build needs, saying so; without the right to, prints the exact command.
set -euo pipefail

packages=()
have() { command -v "$1" >/dev/null 2>&1; }
# A language with decimal commas, for the test that numbers do not depend on it.
has_german() { locale -a 2>/dev/null | grep -i '^de_DE\.utf-\?8$' >/dev/null; }

if ! have swift; then
    echo "driftscope needs Swift 6.1 or later: https://www.swift.org/install" >&2
    exit 2
fi

case "$(uname -s)" in
Darwin) # written, not verified: no Mac was at hand
    if ! have brew; then
        echo "driftscope needs Homebrew: https://brew.sh" >&2
        exit 2
    fi
    for formula in hdf5 openblas openssl@3 pkg-config; do
        brew list --versions "$formula" >/dev/null 2>&1 || packages+=("$formula")
    done
    if [ ${#packages[@]} -gt 0 ]; then
        echo "installing with Homebrew: ${packages[*]}"
        brew install "${packages[@]}"
    fi
    ;;
*)
    have pkg-config || packages+=(pkg-config)
    if have pkg-config; then
        pkg-config --exists hdf5 || packages+=(libhdf5-dev)
        pkg-config --exists openblas || packages+=(libopenblas-dev)
        pkg-config --exists libcrypto || packages+=(libssl-dev)
    else
        packages+=(libhdf5-dev libopenblas-dev libssl-dev)
    fi
    [ -e /usr/include/oneapi/dnnl/dnnl.h ] || packages+=(libdnnl-dev)  # has no pkg-config file
    # The tests of exports and notebooks run Python.
    if [ "${1:-}" = tests ]; then
        have python3 || packages+=(python3)
        python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || packages+=(python3-venv)
        # What single tests do without, saying so, is installed where that may be done.
        if have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }; then
            have strace || packages+=(strace)
            has_german || [ -e /usr/share/i18n/locales/de_DE ] || packages+=(locales)
        fi
    fi
    if [ ${#packages[@]} -gt 0 ]; then
        if ! have apt-get; then
            echo "missing: ${packages[*]} (Debian's names); install them with this system's package manager" >&2
            exit 2
        elif [ "$(id -u)" = 0 ]; then
            echo "installing: ${packages[*]}"
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
        elif have sudo && sudo -n true 2>/dev/null; then
            echo "installing: ${packages[*]}"
            sudo apt-get update -qq
            sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
        else
            echo "missing: ${packages[*]}. Install them, then run the same command again:" >&2
            echo "    sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
            exit 2
        fi
    fi
    ;;
esac

if [ "${1:-}" = tests ] && [ "$(uname -s)" = Linux ] && ! has_german; then
    if ! localedef -i de_DE -f UTF-8 de_DE.UTF-8 2>/dev/null && ! sudo -n localedef -i de_DE -f UTF-8 de_DE.UTF-8 2>/dev/null; then
        echo "could not make the locale de_DE.UTF-8: the test that needs it will say that it is skipped" >&2
    fi
fi

# A Python of the project's own for the tests that open exports and notebooks; they say so when it is not there.
if [ "${1:-}" = tests ] && have python3; then
    wanted=$(cksum <notebooks-md/requirements.txt)
    if [ "$(cat .venv-tests/wanted 2>/dev/null || true)" != "$wanted" ]; then
        echo "installing the Python packages of notebooks-md/requirements.txt into .venv-tests"
        if python3 -m venv .venv-tests &&
            .venv-tests/bin/pip install -q --no-compile --disable-pip-version-check -r notebooks-md/requirements.txt; then
            echo "$wanted" >.venv-tests/wanted
        else
            rm -rf .venv-tests
            echo "could not install them: the tests that need Python will say that they are skipped" >&2
        fi
    fi
fi
