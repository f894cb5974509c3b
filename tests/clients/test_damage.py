"""Damaged or missing files while the server is down, and a disk that fills while it runs."""

import os
import re
import shutil
import subprocess

import pytest

from observe import created, failure, users


class TestDamage:
    """Damage to files while the server is down."""

    @pytest.fixture
    def cut_off(self, make_server):
        """A server that lost power with 60 users' events in its log alone."""
        own = make_server().start()
        iam = own.client("iam")
        for number in range(60):
            iam.create_user(UserName=f"user-{number:02}")
        own.kill()
        return own

    @pytest.fixture
    def flushed(self, make_server):
        """A stopped server whose events were moved from its log to a file of the table."""
        own = make_server().start()
        for number in range(20):
            own.client("iam").create_user(UserName=f"user-{number:02}")
        own.move_clock(advance="1m")
        own.stop()
        assert self.files(own)
        return own

    def logs(self, server):
        return sorted((server.data / "wal").glob("*.wal"))

    def files(self, server):
        return sorted((server.data / "tables" / "trail_event").glob("day=*/*.parquet"))

    def written(self, log):
        """How many bytes of the preallocated log hold something."""
        return len(log.read_bytes().rstrip(b"\0"))

    def flip(self, path, at):
        with path.open("r+b") as file:
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 0x40]))

    def test_without_damage_nothing_is_lost(self, cut_off):
        cut_off.start()
        assert created(cut_off) == [f"user-{number:02}" for number in range(60)]

    @pytest.mark.parametrize("part", [0.25, 0.5, 0.75])
    def test_a_flipped_byte_in_the_middle_of_the_log_is_named(self, cut_off, part):
        log = self.logs(cut_off)[-1]
        self.flip(log, int(self.written(log) * part))
        assert log.name in failure(cut_off)
        # The damage is still there, so a second start fails just as well.
        assert log.name in failure(cut_off)

    @pytest.mark.parametrize("lost", [1, 5, 40])
    def test_a_torn_tail_is_accepted(self, cut_off, lost):
        log = self.logs(cut_off)[-1]
        size = log.stat().st_size
        end = self.written(log)
        os.truncate(log, end - lost)
        os.truncate(log, size)
        cut_off.start()
        found = created(cut_off)
        assert found == [f"user-{number:02}" for number in range(len(found))]
        # Only what the torn write held may be missing: the writes came one by one.
        assert len(found) >= 59
        cut_off.client("iam").create_user(UserName="zoe")
        cut_off.kill()
        cut_off.start()
        assert created(cut_off) == [*found, "zoe"]

    def test_a_log_cut_short_at_its_tail_is_accepted(self, cut_off):
        log = self.logs(cut_off)[-1]
        os.truncate(log, self.written(log) - 3)
        cut_off.start()
        assert len(created(cut_off)) >= 59

    def test_a_missing_log_is_named(self, cut_off):
        for log in self.logs(cut_off):
            log.unlink()
        said = failure(cut_off)
        assert ".wal" in said or str(cut_off.data / "wal") in said

    def test_a_flushed_event_is_there_once(self, flushed):
        flushed.start()
        assert len(created(flushed)) == 20

    def test_a_missing_log_is_named_after_a_flush_as_well(self, flushed):
        flushed.start()
        flushed.client("iam").create_user(UserName="late")
        flushed.kill()
        for log in self.logs(flushed):
            log.unlink()
        said = failure(flushed)
        assert ".wal" in said or str(flushed.data / "wal") in said

    def test_a_missing_file_of_the_table_is_named(self, flushed):
        file = self.files(flushed)[0]
        file.unlink()
        assert file.name in failure(flushed)

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 1.0], ids=["first", "early", "late", "last"])
    def test_a_flipped_byte_in_a_file_of_the_table_is_named(self, flushed, part):
        file = self.files(flushed)[0]
        self.flip(file, int((file.stat().st_size - 1) * part))
        assert file.name in failure(flushed)

    def test_a_file_of_the_table_cut_short_is_named(self, flushed):
        file = self.files(flushed)[0]
        os.truncate(file, file.stat().st_size // 2)
        assert file.name in failure(flushed)

    def test_a_damaged_catalog_is_named(self, flushed):
        catalog = flushed.data / "catalog.db"
        for extra in flushed.data.glob("catalog.db-*"):
            extra.unlink()
        catalog.write_bytes(b"not a database" * 1000)
        assert "catalog.db" in failure(flushed)

    def test_a_stray_file_in_the_table_is_not_read(self, flushed):
        file = self.files(flushed)[0]
        shutil.copy(file, file.with_name("stray.parquet"))
        flushed.start()
        assert len(created(flushed)) == 20


class TestFullDisk:
    SIZE_MEBIBYTES = 96

    @pytest.fixture
    def small_disk(self, tmp_path):
        """A folder on a file system of a few megabytes."""
        folder = tmp_path / "disk"
        folder.mkdir()
        options = f"size={self.SIZE_MEBIBYTES}m"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"may not mount a small file system: {done.stderr.strip()}")
        yield folder
        subprocess.run(["umount", "--lazy", folder], check=True)

    def fill(self, folder):
        """Leaves no byte free."""
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file:
            size = 1024 * 1024
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2
        return filler

    def test_writes_are_refused_clearly_and_nothing_acknowledged_is_lost(self, make_server, small_disk):
        own = make_server("disk/data").start()
        iam = own.client("iam")
        for number in range(20):
            iam.create_user(UserName=f"before-{number:02}")
        acknowledged = {f"before-{number:02}" for number in range(20)}
        filler = self.fill(small_disk)
        refusals = []
        for number in range(400):
            try:
                iam.create_user(UserName=f"full-{number:03}", Path="/" + "x" * 500 + "/")
                acknowledged.add(f"full-{number:03}")
            except iam.exceptions.ClientError as error:
                refusals.append(error.response)
                if len(refusals) == 5:
                    break
        assert refusals, "a disk without a free byte took every write"
        for answer in refusals:
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503, answer
            assert answer["Error"]["Code"] == "ServiceUnavailable"
            assert re.search("disk|space", answer["Error"]["Message"]), answer
        assert own.running()
        # Reads are still answered, and see all that was acknowledged.
        assert acknowledged <= users(own)
        filler.unlink()
        own.kill()
        own.start()
        assert acknowledged <= users(own)
        found = created(own)
        assert len(found) == len(set(found))
        assert acknowledged <= set(found)
        own.client("iam").create_user(UserName="after")
        assert "after" in users(own)

    def test_the_server_takes_writes_again_when_there_is_space_without_a_restart(self, make_server, small_disk):
        own = make_server("disk/data").start()
        iam = own.client("iam")
        filler = self.fill(small_disk)
        refusals = 0
        for number in range(400):
            try:
                iam.create_user(UserName=f"full-{number:03}", Path="/" + "x" * 500 + "/")
            except iam.exceptions.ClientError:
                refusals += 1
                if refusals == 5:
                    break
        filler.unlink()
        iam.create_user(UserName="after")
        assert "after" in users(own)
        assert "after" in created(own)
        own.kill()
        own.start()
        assert "after" in users(own)
        assert "after" in created(own)

    def test_no_space_to_start_with_is_a_clear_error(self, make_server, small_disk):
        self.fill(small_disk)
        own = make_server("disk/data", options=("--master-key", str(small_disk.parent / "master")))
        assert re.search("disk|space", failure(own))
