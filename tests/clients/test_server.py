"""Starting, stopping, keys, TLS, the server's own pages."""

import datetime
import http.client
import ipaddress
import re
import shutil
import signal
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import raw
from harness import SERVER_ACCOUNT, Credentials
from observe import created, failure, users
from refusals import refused


def mode(path):
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


class TestStartAndStop:
    @pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
    def test_a_stop_is_clean(self, make_server, by):
        own = make_server().start()
        assert own.stop(by) == 0

    def test_a_stop_right_after_the_ready_line_is_clean(self, make_server):
        own = make_server()
        assert [own.start().stop() for _ in range(10)] == [0] * 10

    def test_one_line_is_all_that_goes_to_stdout(self, make_server):
        own = make_server().start()
        own.client("iam").create_user(UserName="dave")
        own.stop()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", own.url)
        assert own.rest_of_stdout == ""

    def test_a_clean_stop_loses_no_read_events(self, make_server):
        own = make_server().start()
        for _ in range(5):
            own.client("iam").list_users()
        assert own.stop() == 0
        own.start()
        assert len(own.records(EventName="ListUsers")) == 5

    def test_a_clean_stop_finishes_what_is_in_flight(self, make_server):
        own = make_server().start()
        connection = raw.connect(own)
        request = raw.query("iam", "CreateUser", UserName="dave").signed(own)
        connection.putrequest("POST", "/")
        for name, value in {**request.headers, "Content-Length": str(len(request.body))}.items():
            connection.putheader(name, value)
        connection.endheaders(request.body)
        own.process.send_signal(signal.SIGTERM)
        # The request was whole before the signal, so it is either answered or was never taken in.
        try:
            acknowledged = connection.getresponse().status == 200
        except OSError:
            acknowledged = False
        connection.close()
        assert own.stop() == 0
        own.start()
        assert created(own) == sorted(users(own))
        assert users(own) == {"dave"} or not acknowledged

    def test_an_idle_connection_does_not_hold_up_a_stop(self, make_server):
        own = make_server().start()
        connection = raw.connect(own)
        connection.request("GET", "/_trailwatch/health")
        connection.getresponse().read()
        assert own.stop() == 0
        connection.close()

    def test_everything_is_there_again_after_a_clean_stop(self, make_server):
        own = make_server().start()
        for number in range(10):
            own.client("iam").create_user(UserName=f"user-{number}")
        before = own.events()
        own.stop()
        own.start()
        assert users(own) == {f"user-{number}" for number in range(10)}
        found = {event["EventId"] for event in own.events()}
        assert {event["EventId"] for event in before} <= found

    def test_writes_outlive_a_power_cut(self, make_server):
        own = make_server().start()
        for number in range(10):
            own.client("iam").create_user(UserName=f"user-{number}")
        own.kill()
        own.start()
        names = sorted(f"user-{number}" for number in range(10))
        assert sorted(users(own)) == names
        assert created(own) == names

    def test_a_simulated_clock_does_not_go_back_with_a_restart(self, make_server):
        own = make_server().start()
        then = own.move_clock(advance="1000h")
        own.client("iam").create_user(UserName="dave")
        own.stop()
        own.start()
        assert own.now() >= then
        assert created(own) == ["dave"]

    def test_a_second_server_on_the_same_folder_is_refused(self, make_server):
        own = make_server().start()
        said = failure(make_server())
        assert str(own.data) in said
        own.client("iam").create_user(UserName="dave")
        assert users(own) == {"dave"}

    def test_a_taken_address_is_a_clear_error(self, make_server):
        own = make_server().start()
        address = own.url.removeprefix("http://")
        said = failure(make_server("other", listen=address))
        assert address in said

    @pytest.mark.parametrize(
        "options",
        [("--account", "12"), ("--clock", "sundial"), ("--lookup-events-per-second", "fast"), ("--no-such-option",)],
        ids=" ".join,
    )
    def test_a_bad_option_is_named(self, make_server, options):
        assert options[0] in failure(make_server(options=options))


class TestRootCredentials:
    KEY = re.compile(r"\bAKIA[A-Z0-9]{16}\b")
    SECRET = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])")

    def kept(self, server):
        text = (server.data / "root-credentials").read_text()
        return Credentials(self.KEY.search(text).group(), self.SECRET.search(text).group())

    def test_they_are_made_once_and_kept_for_the_owner_alone(self, make_server):
        own = make_server(dev=False).start()
        assert mode(own.data / "root-credentials") == 0o600
        made = self.kept(own)
        arn = own.client("sts", made).get_caller_identity()["Arn"]
        assert arn == f"arn:aws:iam::{SERVER_ACCOUNT}:root"
        own.stop()
        own.start()
        assert self.kept(own) == made
        own.client("sts", made).get_caller_identity()

    def test_they_are_shown_at_the_first_start_alone(self, make_server):
        own = make_server(dev=False).start()
        own.stop()
        assert self.kept(own).key in own.stderr
        own.start()
        own.stop()
        assert self.kept(own).secret not in own.stderr

    def test_they_may_come_from_the_environment(self, make_server):
        given = Credentials("AKIAROOTROOTROOTROOT", "a+secret/from+the+environment+a+secret/f")
        environment = {
            "TRAILWATCH_ROOT_ACCESS_KEY_ID": given.key,
            "TRAILWATCH_ROOT_SECRET_ACCESS_KEY": given.secret,
        }
        own = make_server(dev=False, environment=environment).start()
        assert own.client("sts", given).get_caller_identity()["Account"] == SERVER_ACCOUNT
        assert not (own.data / "root-credentials").exists()

    def test_half_of_them_is_a_clear_error(self, make_server):
        said = failure(make_server(dev=False, environment={"TRAILWATCH_ROOT_ACCESS_KEY_ID": "AKIAROOTROOTROOTROOT"}))
        assert "root secret access key" in said

    @pytest.mark.parametrize("key", ["test", "444455556666"])
    def test_the_keys_for_development_do_not_work_outside_it(self, make_server, key):
        own = make_server(dev=False).start()
        with refused("InvalidClientTokenId", 403):
            own.client("sts", Credentials(key, "test")).get_caller_identity()


class TestMasterKey:
    def key_of(self, server):
        return server.data.with_name(server.data.name + ".key")

    def test_it_is_made_beside_the_data_for_the_owner_alone(self, make_server):
        own = make_server().start()
        assert mode(self.key_of(own)) == 0o600

    def test_it_may_be_elsewhere(self, make_server, tmp_path):
        elsewhere = tmp_path / "safe" / "master"
        elsewhere.parent.mkdir()
        own = make_server(options=("--master-key", str(elsewhere))).start()
        assert mode(elsewhere) == 0o600
        assert not self.key_of(own).exists()

    def test_secrets_are_not_in_the_data_in_plain(self, make_server):
        own = make_server().start()
        iam = own.client("iam")
        iam.create_user(UserName="dave")
        secret = iam.create_access_key(UserName="dave")["AccessKey"]["SecretAccessKey"]
        own.stop()
        for path in own.data.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path

    def test_a_missing_one_is_a_clear_error_and_no_new_one_is_made(self, make_server):
        own = make_server().start()
        own.client("iam").create_user(UserName="dave")
        own.client("iam").create_access_key(UserName="dave")
        own.stop()
        self.key_of(own).unlink()
        assert str(self.key_of(own)) in failure(own)
        assert not self.key_of(own).exists()

    def test_a_wrong_one_is_a_clear_error(self, make_server):
        own = make_server().start()
        own.client("iam").create_user(UserName="dave")
        own.client("iam").create_access_key(UserName="dave")
        own.stop()
        other = make_server("other").start()
        other.stop()
        shutil.copy(self.key_of(other), self.key_of(own))
        assert str(self.key_of(own)) in failure(own)

    def test_a_broken_one_is_a_clear_error(self, make_server):
        own = make_server().start()
        own.stop()
        self.key_of(own).write_bytes(b"short")
        assert str(self.key_of(own)) in failure(own)


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path):
        """A certificate for 127.0.0.1, signed by itself, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trailwatch test")])
        now = datetime.datetime.now(datetime.timezone.utc)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256())
        )
        (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (tmp_path / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return tmp_path / "cert.pem", tmp_path / "key.pem"

    @pytest.fixture
    def secure(self, make_server, certificate):
        cert, key = certificate
        return make_server(options=("--tls-cert", str(cert), "--tls-key", str(key)), ca=str(cert)).start()

    def test_boto3_speaks_to_it_over_tls(self, secure):
        assert secure.url.startswith("https://127.0.0.1:")
        assert secure.client("sts").get_caller_identity()["Account"] == SERVER_ACCOUNT

    def test_the_event_tells_of_the_tls_session(self, secure):
        secure.client("iam").create_user(UserName="dave")
        [record] = secure.records(EventName="CreateUser")
        details = record["tlsDetails"]
        assert details["tlsVersion"] == "TLSv1.3"
        assert details["cipherSuite"].startswith("TLS_")
        assert details["clientProvidedHostHeader"] == secure.url.removeprefix("https://")
        assert list(record)[-1] == "tlsDetails"

    def test_plain_http_is_not_served_there(self, secure):
        host, port = secure.url.removeprefix("https://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request("GET", "/_trailwatch/health")
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse()
        connection.close()
        secure.client("sts").get_caller_identity()

    def test_a_certificate_without_its_key_is_a_clear_error(self, make_server, certificate):
        assert "--tls-key" in failure(make_server(options=("--tls-cert", str(certificate[0]))))

    def test_a_certificate_that_is_none_is_named(self, make_server, certificate, tmp_path):
        bad = tmp_path / "bad.pem"
        bad.write_text("not a certificate")
        said = failure(make_server(options=("--tls-cert", str(bad), "--tls-key", str(certificate[1]))))
        assert "bad.pem" in said


class TestOwnPages:
    def test_health_is_well(self, server):
        status, _ = server.page("/_trailwatch/health")
        assert status == 200

    def test_metrics_are_prometheus_text(self, server, root):
        server.client("sts", root).get_caller_identity()
        status, text = server.page("/_trailwatch/metrics")
        assert status == 200
        samples = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert samples
        for line in samples:
            assert re.fullmatch(
                r"trailwatch_[a-z0-9_]+(\{[^}]*\})? [0-9.eE+-]+|process_[a-z_]+ [0-9.eE+-]+", line
            ), line
        assert "# TYPE trailwatch_" in text

    def test_metrics_count_calls(self, server, root):
        def total():
            text = server.page("/_trailwatch/metrics")[1]
            return sum(
                float(line.rsplit(" ", 1)[1])
                for line in text.splitlines()
                if re.match(r"trailwatch_[a-z_]*(requests|calls)_total", line)
            )

        before = total()
        server.client("sts", root).get_caller_identity()
        assert total() >= before + 1

    def test_own_pages_are_no_events(self, make_server):
        own = make_server().start()
        own.page("/_trailwatch/health")
        own.page("/_trailwatch/metrics")
        assert own.records() == []

    def test_an_unknown_own_page_is_not_found(self, server):
        assert server.page("/_trailwatch/no-such-page")[0] == 404
