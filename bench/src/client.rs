//! A client that costs little beside the server it measures: prepared requests over kept connections.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Failure;

/// One connection.
pub struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// Status and body of an answer.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// What it took to deliver a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivered {
    /// How often it was answered 503.
    pub turned_away: u64,
    /// Items that were not taken: now and then a simulated device travels faster than any train.
    pub rejected: u64,
}

impl Client {
    pub async fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(16 << 10) })
    }

    /// Posts a batch.
    pub async fn post(&mut self, body: &[u8]) -> Result<Answer<'_>, Failure> {
        let head = format!(
            "POST /v1/batches HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, start, length)) = head_of(&self.answer)?
                && self.answer.len() >= start + length
            {
                return Ok(Answer { status, body: &self.answer[start..start + length] });
            }
        }
    }

    /// Posts until it is taken, all of it.
    pub async fn deliver_all(&mut self, body: &[u8]) -> Result<(), Failure> {
        match self.deliver(body).await?.rejected {
            0 => Ok(()),
            rejected => Err(format!("{rejected} items were rejected").into()),
        }
    }

    /// Posts until it is taken.
    pub async fn deliver(&mut self, body: &[u8]) -> Result<Delivered, Failure> {
        for turned_away in 0..600 {
            let answer = self.post(body).await?;
            match answer.status {
                200 => return Ok(Delivered { turned_away, rejected: count(answer.body, br#""outcome":"rejected""#) }),
                // Sooner than `Retry-After` says: a bench has no other phones to give way to.
                503 => tokio::time::sleep(Duration::from_millis(100)).await,
                status => return Err(format!("{status}: {}", String::from_utf8_lossy(answer.body)).into()),
            }
        }
        Err("turned away for a minute".into())
    }
}

/// Status, start and length of the body, once the head is there.
fn head_of(answer: &[u8]) -> Result<Option<(u16, usize, usize)>, Failure> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no content-length")?;
    Ok(Some((status, end + 4, length.trim().parse()?)))
}

fn count(text: &[u8], words: &[u8]) -> u64 {
    text.windows(words.len()).filter(|window| *window == words).count() as u64
}
