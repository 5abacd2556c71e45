package io.gramian.backend;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Covariance and Cholesky whitening write their outputs and nothing beside them, at ragged sizes too. */
class GuardBandsTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @ParameterizedTest
    @CsvSource({"2,1", "3,31", "33,17", "129,130", "40,257", "7,600"})
    void columnsAndCorrelations(int n, int d) {
        Covariance room = device.backend().covariance();
        Tensor z = random(1, n, d);
        Tensor other = random(2, n, d);
        Guarded u = new Guarded(n, d);
        Guarded mean = new Guarded(d);
        Guarded rstd = new Guarded(d);
        room.standardizeColumns(z, 1e-5f, u.tensor(), mean.tensor(), rstd.tensor());
        Guarded dz = new Guarded(n, d);
        room.standardizeColumnsBackward(u.tensor(), rstd.tensor(), other, dz.tensor());
        check(u, mean, rstd, dz);
        room.centerColumns(z, u.tensor(), mean.tensor(), rstd.tensor());
        check(u, mean, rstd);
        Guarded c = new Guarded(d, d);
        room.crossCorrelation(z, other, 1e-5f, c.tensor());
        Guarded da = new Guarded(n, d);
        Guarded db = new Guarded(n, d);
        room.crossCorrelationBackward(z, other, 1e-5f, random(3, d, d), da.tensor(), db.tensor());
        check(c, da, db);
        for (boolean onSamples : new boolean[] {false, true}) {
            room.offDiagonalPenalty(z, n, onSamples, dz.tensor()).value();
            room.barlowTwins(z, other, 0.005f, 1e-5f, true, 1, onSamples, da.tensor(), db.tensor())
                    .run();
            check(dz, da, db);
            room.vicReg(z, other, 25, 25, 1, 1e-4f, 1, 0.5f, onSamples, da.tensor(), db.tensor())
                    .run();
            check(da, db);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,2,1", "3,33,31", "2,70,33", "1,131,129"})
    void choleskyWhitening(int batch, int n, int d) {
        Whitening room = device.backend().whitening();
        Guarded y = new Guarded(batch, n, d);
        Guarded w = new Guarded(batch, d, d);
        Guarded dx = new Guarded(batch, n, d);
        room.whiten(random(4, batch, n, d), 0.01f, y.tensor(), w.tensor());
        room.whitenBackward(y.tensor(), w.tensor(), random(5, batch, n, d), 0.01f, dx.tensor());
        check(y, w, dx);
    }

    private static void check(Guarded... outputs) {
        for (Guarded output : outputs) {
            output.assertBandsUntouched();
            output.assertWritten();
        }
    }

    private static Tensor random(long seed, int... sizes) {
        int count = 1;
        long[] shape = new long[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            count *= sizes[i];
            shape[i] = sizes[i];
        }
        return Arrays64.tensor(Arrays64.random(new Random(seed), count), shape);
    }
}
