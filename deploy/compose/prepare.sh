#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# prepare.sh SECRETS OBJECTS makes what deploy/compose.yaml needs and does not
# find: passwords, keys, an authority and two certificates, and the bucket.
# Each part is complete or not there at all, so it may be interrupted and run
# again at every start. Certificates are renewed a month before they end.
set -eu
umask 077
secrets=$1
objects=$2
postgres=999  # the user ids of the images
tillgang=10001

new=$secrets/.new
rm -rf "$new"
mkdir "$new"
random() { openssl rand -hex 32; }
# put DIRECTORY OWNER: what was made in .new/DIRECTORY goes to its place.
put() {
	chown -R "$2:$2" "$new/$1"
	mv "$new/$1" "$secrets/$1"
}

if [ ! -d "$secrets/authority" ]; then
	mkdir "$new/authority"
	openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 7300 -subj "/CN=Tillgang, this machine" \
		-addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
		-keyout "$new/authority/key.pem" -out "$new/authority/certificate.pem" 2>/dev/null
	put authority 0
fi
cp "$secrets/authority/certificate.pem" "$new/authority.pem"
chmod 644 "$new/authority.pem"
mv "$new/authority.pem" "$secrets/authority.pem"

# certificate NAME DIRECTORY: a key and a certificate for that host.
certificate() {
	openssl req -new -newkey rsa:3072 -nodes -sha256 -subj "/CN=$1" -keyout "$2/key.pem" -out "$2/request.pem" 2>/dev/null
	printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n' "$1" >"$2/extensions"
	openssl x509 -req -sha256 -days 825 -in "$2/request.pem" -extfile "$2/extensions" -set_serial "0x$(openssl rand -hex 16)" \
		-CA "$secrets/authority/certificate.pem" -CAkey "$secrets/authority/key.pem" -out "$2/certificate.pem" 2>/dev/null
	rm "$2/request.pem" "$2/extensions"
}
# renew NAME OWNER: replaces key and certificate if they end within a month.
renew() {
	if openssl x509 -checkend 2592000 -noout -in "$secrets/$1/certificate.pem" >/dev/null; then return; fi
	mkdir "$new/$1.renewed"
	certificate "$1" "$new/$1.renewed"
	chown "$2:$2" "$new/$1.renewed"/*
	mv "$new/$1.renewed"/* "$secrets/$1/"
}

if [ ! -d "$secrets/database" ]; then
	mkdir "$new/database"
	certificate database "$new/database"
	random >"$new/database/superuser-password"
	random >"$new/database/password"
	put database $postgres
fi
if [ ! -d "$secrets/storage" ]; then
	mkdir "$new/storage"
	certificate storage "$new/storage"
	openssl rand -hex 10 >"$new/storage/access-key"
	random >"$new/storage/secret-key"
	put storage $tillgang
fi
renew database $postgres
renew storage $tillgang
if [ ! -d "$secrets/server" ]; then
	mkdir "$new/server"
	echo "postgres://tillgang:$(cat "$secrets/database/password")@database:5432/tillgang?sslmode=verify-full&sslrootcert=/secrets/authority.pem" >"$new/server/database-url"
	cp "$secrets/storage/access-key" "$secrets/storage/secret-key" "$new/server/"
	random >"$new/server/secret"
	put server $tillgang
fi
chmod 755 "$secrets"
rm -rf "$new"

# A folder at the top is a bucket to the S3 server.
mkdir -p "$objects/tillgang"
chown $tillgang:$tillgang "$objects" "$objects/tillgang"
