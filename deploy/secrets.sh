#!/bin/sh
# Make the secrets that compose.yaml names, where they are missing; those that are there stay. Needs openssl.
#
#   deploy/secrets.sh [FOLDER]        default: deploy/secrets, which git ignores
#
# database-password    of the database's one user
# pg_service.conf      the same password, host and name, as PostgreSQL's clients read them
# signing.key          signs model files; signing.pub, its public half, lets a service trust them
#
# Containers read these files as users of their own, so the files can be read by all, and the folder by you alone.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
cd "$folder"
if [ ! -e database-password ]; then
    openssl rand -hex 32 > new
    mv new database-password
fi
if [ ! -e pg_service.conf ]; then
    printf '[storecast]\nhost=database\ndbname=storecast\nuser=storecast\npassword=%s\n' "$(cat database-password)" > new
    mv new pg_service.conf
fi
if [ ! -e signing.key ]; then
    openssl genpkey -algorithm ed25519 -out new
    mv new signing.key
fi
openssl pkey -in signing.key -pubout -out signing.pub
chmod 0444 database-password pg_service.conf signing.key signing.pub
